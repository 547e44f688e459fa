#include <array>

#include "model/error.hpp"
#include "verify/diff/change.hpp"

namespace envlock {
namespace {

using T = RuleTrait;

// The table that docs/diff.md shows, in the order of ids.
constexpr auto rules = std::to_array<Rule>({
    {"EL101", "added-package", Severity::note, T::none, "A package that was not there before.",
     "see what it came by: 'envlock why NAME'"},
    {"EL102", "removed-package", Severity::note, T::none, "A package that is not there any more.",
     "make sure that nothing of yours uses it"},
    {"EL103", "upgraded-package", Severity::note, T::none, "A newer version of a package.",
     "read what is new in it, where it matters to you"},
    {"EL104", "downgraded-package", Severity::warning, T::none, "An older version of a package.",
     "ask why: 'envlock why NAME' says who holds it back"},
    {"EL105", "other-build", Severity::note, T::none, "Another build of the same version.",
     "nothing; where it must not move, ask for its build"},
    {"EL106", "other-bytes", Severity::error, T::decides_what_runs,
     "The same name, version, build and file name, and other bytes: somebody replaced the file.",
     "ask the channel's owners; do not merge before they explain it"},
    {"EL107", "metadata-hotfix", Severity::note, T::none,
     "The same bytes, and other metadata: the channel patched it.",
     "nothing: what is installed is the same"},
    {"EL108", "channel-switch", Severity::warning, T::decides_what_runs,
     "A package comes from another channel or folder of one than before.",
     "make sure that this channel is the one that you trust for it"},
    {"EL109", "manager-switch", Severity::warning, T::decides_what_runs,
     "A package moved between conda and PyPI: other people build it.",
     "make sure that you trust those who build it now, or ask for it from the other one"},
    {"EL110", "other-archive", Severity::note, T::none,
     "The same build as another kind of archive; its bytes cannot be compared.",
     "make sure that the channel offers both"},
    {"EL120", "question-changed", Severity::note, T::none,
     "What is asked for is another thing than before.",
     "make sure that this is what you want to ask for"},
    {"EL121", "rules-changed", Severity::warning, T::decides_what_runs,
     "Which channels may answer, and how far they are believed, is another thing than before.",
     "read it as you would read a change of permissions"},
    {"EL122", "platform-added", Severity::note, T::none, "A platform or environment that is new.",
     "make sure that it is wanted: all of its packages are new"},
    {"EL123", "platform-removed", Severity::note, T::none,
     "A platform or environment that is not there any more.",
     "make sure that nobody uses it any more"},
    {"EL124", "variables-changed", Severity::warning, T::decides_what_runs,
     "Activation sets other environment variables.",
     "make sure that you know why; programs read their paths and options there"},
    {"EL131", "first-from-channel", Severity::warning, T::decides_what_runs,
     "The first packages from a channel that nothing came from before.",
     "make sure that the channel may serve packages here: envlock.yml's 'channels:' says which "
     "may"},
    {"EL132", "signature-lost", Severity::error, T::decides_what_runs,
     "The package that was there was signed, and the one in its place is not.",
     "ask the channel's owners, or demand signatures in envlock.yml"},
    {"EL133", "other-signer", Severity::warning, T::decides_what_runs,
     "It is signed by other keys than before.",
     "make sure that the channel's root of trust announced them: envlock trust show"},
    {"EL134", "young-package", Severity::warning, T::decides_what_runs,
     "The package is so new that nobody may have looked at it yet.",
     "wait, or lock with --exclude-newer"},
    {"EL135", "name-like-another", Severity::warning, T::decides_what_runs,
     "A new package whose name is nearly that of a well-known one.",
     "make sure that it is the one that you mean"},
    {"EL136", "link-script", Severity::error, T::decides_what_runs,
     "A package brings a script that runs when it is linked.",
     "read it; it runs only where envlock.yml allows its sha256"},
    {"EL137", "activation-script", Severity::warning, T::decides_what_runs,
     "A package brings code that runs whenever the environment is activated.", "read it"},
    {"EL138", "startup-file", Severity::warning, T::decides_what_runs,
     "A package brings a file that Python runs at every start (.pth, sitecustomize).", "read it"},
    {"EL139", "licence-changed", Severity::warning, T::none,
     "Another licence than before, or one that is not told.", "ask who decides about licences"},
    {"EL140", "cuda-changed", Severity::warning, T::none,
     "Another variant of CUDA, or a newer driver is needed.",
     "compare with the drivers of your machines"},
    {"EL141", "host-unfit", Severity::error, T::none,
     "A host of envlock.yml's 'hosts:' lacks what the environment now needs.",
     "renew the host, or lock for it: envlock solve --virtual-package host:FILE"},
    {"EL142", "glibc-raised", Severity::warning, T::none, "A newer glibc is needed.",
     "compare with the systems of your machines"},
    {"EL143", "python-changed", Severity::warning, T::none,
     "Another minor version of Python: all compiled modules change with it.",
     "run your tests with it, or ask for the version that you had"},
    {"EL144", "flavour-changed", Severity::warning, T::none,
     "Another implementation of BLAS or MPI: results and speed may differ.",
     "compare results and speed, or ask for the one that you had"},
    {"EL145", "scripts-unknown", Severity::note, T::none,
     "Whether the package brings code that runs by itself is not known: it is not in the cache.",
     "fetch the packages, then compare again: envlock fetch LOCK"},
    {"EL146", "size-grown", Severity::note, T::none,
     "The packages to download became larger by more than a tenth and by more than 10 MiB.",
     "make sure that what is new is needed: 'envlock why NAME'"},
});

}  // namespace

std::span<const Rule> diff_rules() noexcept { return rules; }

}  // namespace envlock
