// What every program costs: the zero of the tables that run.sh prints.
int main() { return 0; }
