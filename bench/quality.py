"""quality.py ENVLOCK CHECK_LOCK CHANNEL [COUNT]: how good the solutions on a channel are.

Makes COUNT requests (240) out of what the channel's packages need most: single packages, pairs and
stacks of three to six. Each is solved; an independent checker (check_lock, nothing of the solver's
code) judges the lock; then, for each direct request, a higher version is asked for while the other
requests stay as they are. Where that has a solution, the first one is said to be raisable, and the
reason is looked for: another direct request that has to go down for it, or none ("plainly worse").

Where python has py-rattler (RATTLER_PYTHON names an interpreter that has it), the same requests go to
rattler, and the versions of the direct requests are compared.

Exit 1 where a lock is wrong or a solution plainly worse.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PLATFORM = "linux-64"
VIRTUAL = {"__glibc": "2.36", "__linux": "6.1", "__unix": "0", "__archspec": "1=x86_64"}


def names_by_need(channel):
    """The channel's names, those that most others need first."""
    needed_by = collections.defaultdict(set)
    names = set()
    for subdir in (PLATFORM, "noarch"):
        file = channel / subdir / "repodata.json.zst"
        document = json.loads(subprocess.check_output(["zstd", "-dcq", file]))
        for key in ("packages", "packages.conda"):
            for record in document.get(key, {}).values():
                names.add(record["name"])
                for spec in record["depends"]:
                    needed_by[re.split(r"[ =<>!~]", spec)[0]].add(record["name"])
    usable = [n for n in names if not n.startswith("_")]
    return sorted(usable, key=lambda name: (-len(needed_by[name]), name))


def requests(names, count):
    """Lists of names, the same for the same channel."""
    popular = names[:400]
    lists = [[name] for name in popular[: count // 2]]
    state = 12345
    while len(lists) < count:
        size = 2 if len(lists) < count * 3 // 4 else 3 + len(lists) % 4
        chosen = []
        while len(chosen) < size:
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            name = popular[(state >> 33) % len(popular)]
            if name not in chosen:
                chosen.append(name)
        lists.append(chosen)
    return lists


class Solver:
    def __init__(self, envlock, channel, work):
        self.envlock, self.channel, self.work = envlock, channel, work
        self.environment = dict(os.environ, ENVLOCK_CACHE_DIR=str(work / "cache"))

    def solve(self, specs, name):
        """The lock, or None where there is no solution."""
        folder = self.work / name
        folder.mkdir(exist_ok=True)
        lines = [f"channels: [{json.dumps(str(self.channel))}]", "dependencies:"]
        lines += [f"  - {json.dumps(spec)}" for spec in specs]
        (folder / "environment.yml").write_text("\n".join(lines) + "\n")
        lock = folder / "envlock.lock"
        lock.unlink(missing_ok=True)
        command = [self.envlock, "solve", "--quiet", "--platform", PLATFORM, "--virtual-package", "none"]
        for key, value in VIRTUAL.items():
            command += ["--virtual-package", f"{key}={value}"]
        done = subprocess.run(command, cwd=folder, env=self.environment, capture_output=True, text=True)
        if done.returncode == 4:
            return None
        if done.returncode != 0:
            raise RuntimeError(f"{specs}: exit {done.returncode}: {done.stderr}")
        return lock


def versions(lock, wanted):
    packages = json.loads(lock.read_text())["platforms"][PLATFORM]["packages"]
    return {p["name"]: p["version"] for p in packages if p["name"] in wanted}


def newer(a, b):
    """Whether version a is newer than b, as far as plain versions go."""
    def key(version):
        return [(0, int(p)) if p.isdigit() else (-1, p) for p in re.findall(r"\d+|[a-z]+", version)]
    return key(a) > key(b)


def judge(solver, place, wanted):
    """(kind, text): of one request."""
    lock = solver.solve(wanted, f"{place}")
    if lock is None:
        return "no solution", None, []
    found = versions(lock, wanted)
    raisable = []
    for name in wanted:
        others = [other for other in wanted if other != name]
        higher = solver.solve([f"{name} >{found[name]}"] + others, f"{place}.{name}")
        if higher is None:
            continue
        then = versions(higher, wanted)
        lowered = [f"{other} {found[other]} -> {then[other]}" for other in others if newer(found[other], then[other])]
        raisable.append((wanted, name, found[name], then[name], lowered))
    return "solved", found, raisable


RATTLER = """
import asyncio, json, pathlib, sys
import rattler
from rattler.package.build_string import BuildString
channel, platform, lists, virtual = json.load(sys.stdin)
async def all_of():
    data = [rattler.SparseRepoData(rattler.Channel(channel), sub, pathlib.Path(channel) / sub / "repodata.json")
            for sub in (platform, "noarch")]
    packages = [rattler.GenericVirtualPackage(rattler.PackageName(n), rattler.Version(v.split("=")[0]),
                BuildString((v.split("=") + ["0"])[1])) for n, v in virtual.items()]
    for names in lists:
        try:
            records = await rattler.solve_with_sparse_repodata(
                [rattler.MatchSpec(n) for n in names], data, virtual_packages=packages)
            print(json.dumps({r.name.normalized: str(r.version) for r in records if r.name.normalized in names}))
        except rattler.exceptions.SolverError:
            print("null")
        sys.stdout.flush()
asyncio.run(all_of())
"""


def with_rattler(python, channel, lists, work):
    """For each request what rattler chose; its reader wants plain JSON."""
    copy = work / "plain"
    for subdir in (PLATFORM, "noarch"):
        (copy / subdir).mkdir(parents=True)
        with open(copy / subdir / "repodata.json", "wb") as out:
            subprocess.run(["zstd", "-dcq", channel / subdir / "repodata.json.zst"], stdout=out, check=True)
    text = json.dumps([str(copy), PLATFORM, lists, VIRTUAL])
    done = subprocess.run([python, "-c", RATTLER], input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    envlock, check_lock, channel = (pathlib.Path(arg).resolve() for arg in sys.argv[1:4])
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 240
    lists = requests(names_by_need(channel), count)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        solver = Solver(envlock, channel, work)
        solver.solve(["python"], "warm")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda item: judge(solver, *item), enumerate(lists)))
        solved = [place for place, result in enumerate(results) if result[0] == "solved"]
        locks = [work / str(place) / "envlock.lock" for place in solved]
        check = subprocess.run([check_lock, *locks], capture_output=True, text=True)
        verdicts = check.stdout.splitlines()
        wrong = [line for line in verdicts if ": ok, " not in line]
        if not locks or (not wrong and (check.returncode != 0 or len(verdicts) != len(locks))):
            sys.exit(f"check_lock did not judge the {len(locks)} locks: exit {check.returncode}")
        raisable = [item for result in results for item in result[2]]
        worse = [item for item in raisable if not item[4]]
        print(f"{len(lists)} requests: {len(solved)} solved, {len(lists) - len(solved)} without a solution")
        print(f"locks that the independent checker calls wrong: {len(wrong)}")
        for line in wrong[:20]:
            print("  " + line)
        direct = sum(len(lists[place]) for place in solved)
        print(f"direct requests that a higher version could have had: {len(raisable)} of {direct}")
        for wanted, name, had, could, lowered in raisable:
            why = "; ".join(lowered) if lowered else "NOTHING THAT WAS ASKED FOR: plainly worse"
            print(f"  {' '.join(wanted)}: {name} {had} -> {could} costs: {why}")
        python = os.environ.get("RATTLER_PYTHON")
        if python:
            compare(results, with_rattler(python, channel, lists, work), lists)
        sys.exit(1 if wrong or worse else 0)


def compare(results, rattlers, lists):
    counts = collections.Counter()
    for wanted, (kind, found, _), other in zip(lists, results, rattlers):
        if found is None or other is None:
            counts["both without a solution" if found is None and other is None else
                   "ONLY ENVLOCK SOLVES" if other is None else "ONLY RATTLER SOLVES"] += 1
            if (found is None) != (other is None):
                print(f"  differ: {' '.join(wanted)}: envlock {found}, rattler {other}")
            continue
        higher = [n for n in wanted if found[n] != other[n] and newer(found[n], other[n])]
        lower = [n for n in wanted if found[n] != other[n] and not newer(found[n], other[n])]
        kind = ("same versions" if not higher and not lower else "envlock higher" if not lower else
                "rattler higher" if not higher else "a trade")
        counts[kind] += 1
        if lower:
            print(f"  {kind}: {' '.join(wanted)}: " +
                  ", ".join(f"{n} {found[n]} (rattler {other[n]})" for n in higher + lower))
    print("against rattler: " + ", ".join(f"{count} {kind}" for kind, count in counts.most_common()))


main()
