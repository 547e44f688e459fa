#include <array>

#include "verify/finding.hpp"

namespace envlock {
namespace {

constexpr std::string_view reinstall = "envlock install --repair, with its lock";
constexpr std::string_view remove_or_accept =
    "remove it, or make it part of a package; if it must stay, accept it with 'envlock accept'";
constexpr std::string_view close_it = "take the right away: chmod go-w";

// The table that docs/verify.md shows, in the order of ids.
constexpr auto rules = std::to_array<Rule>({
    {"EL200", "nothing-checked", Severity::error,
     "No file of any package was found in the prefix, so nothing is proved.",
     "check that PREFIX is the environment that the baseline describes"},
    {"EL201", "missing-file", Severity::error, "A file of a package is not there.", reinstall},
    {"EL202", "missing-package", Severity::error, "No file of a package is there.", reinstall},
    {"EL203", "changed-file", Severity::error,
     "A file has other content than its package's (relocated to the prefix).", reinstall},
    {"EL204", "changed-type", Severity::error,
     "Something else is in the place of a file, link or folder of a package.", reinstall},
    {"EL205", "changed-link", Severity::error, "A symbolic link points elsewhere than packaged.",
     reinstall},
    {"EL206", "unreadable", Severity::error,
     "A file or a whole folder could not be read, so nothing is known of it.",
     "run verify as the owner of the prefix, or make it readable"},
    {"EL207", "other-file-system", Severity::warning,
     "Another file system is mounted inside the prefix: it hides what lies below.",
     "unmount it and verify again"},
    {"EL208", "changed-while-read", Severity::error,
     "A file was replaced or written while it was being checked.",
     "find out who writes to the prefix, then verify again"},
    {"EL209", "special-file", Severity::error,
     "A FIFO, socket or device lies in the prefix; no package has such a thing.", remove_or_accept},
    {"EL210", "moved-prefix", Severity::error,
     "The environment was made for another path than that where it lies: its files name that path.",
     "make its files for this path, or move it back", true, true},
    {"EL211", "writable-by-others", Severity::error,
     "Every user of this host can change it, and so what the environment does.", close_it},
    {"EL212", "writable-by-group", Severity::warning,
     "A group can change it, and so what the environment does.", close_it},
    {"EL213", "parent-writable", Severity::error,
     "Somebody else can replace the prefix as a whole, because a folder above it is theirs or is "
     "writable for them.",
     "move the prefix below folders that belong to root or its owner, mode 0755 at most"},
    {"EL214", "special-bits", Severity::error,
     "A file has its setuid or setgid bit set; no package's file has.", "chmod ug-s"},
    {"EL215", "foreign-owner", Severity::error,
     "It belongs neither to the owner of the prefix nor to root: that user can change it.",
     "chown it to the owner of the prefix"},
    {"EL216", "changed-mode", Severity::warning,
     "A file is executable and its package's is not, or the other way round.", "chmod a+x or a-x"},
    {"EL217", "capabilities", Severity::error, "A file has Linux capabilities; no package's has.",
     "setcap -r"},
    {"EL218", "access-list", Severity::error,
     "An access control list gives rights that the mode does not show.",
     "setfacl -b (and -k for folders)"},
    {"EL219", "extended-attributes", Severity::note,
     "It has extended attributes; no package has any.", "setfattr -x NAME", false},
    {"EL220", "less-readable", Severity::warning,
     "A package's file or folder is closed to users who may enter the prefix: its programs fail "
     "for "
     "them.",
     "chmod a+rX (or g+rX, for a prefix of a group)", false},
    {"EL221", "not-locked", Severity::error,
     "conda-meta records a package that is not in the baseline.",
     "remove the package, or lock it and install again"},
    {"EL222", "not-recorded", Severity::error,
     "conda-meta has no record of a package of the baseline: conda and others do not see it.",
     reinstall},
    {"EL223", "other-build", Severity::error,
     "conda-meta records another version or build of a package than the baseline has.", reinstall},
    {"EL224", "changed-record", Severity::error,
     "The record of a package in conda-meta tells other files or hashes than the baseline.",
     reinstall},
    {"EL225", "unreadable-record", Severity::error, "A record in conda-meta cannot be read as one.",
     reinstall},
    {"EL226", "duplicate-record", Severity::error,
     "conda-meta has two records of one package name.", "remove the one that is not installed"},
    {"EL227", "changed-lock", Severity::error,
     "The lock that the prefix says it was made from is another one, or is gone.", reinstall},
    {"EL228", "unfinished-install", Severity::warning,
     "The last 'envlock install' did not end: byte code, or what link scripts would set up, may be "
     "missing.",
     "envlock install, with its lock: it takes up what is left"},
    {"EL229", "changed-manifest", Severity::error,
     "The manifest that an unpacked prefix keeps, by which its own program relocates and verifies "
     "it, is not what the baseline says.",
     "unpack the environment anew"},
    {"EL230", "another-environment", Severity::error,
     "The packages that conda-meta records are those of another environment than of the lock or "
     "baseline.",
     "name the lock or baseline of this environment; if it is that one, envlock install with it "
     "makes the environment what it says",
     true, true},
    {"EL231", "extra-program", Severity::error, "A program that no package brought.",
     remove_or_accept},
    {"EL232", "startup-file", Severity::error,
     "Python runs it at every start (.pth, sitecustomize, usercustomize), and no package brought "
     "it.",
     remove_or_accept},
    {"EL233", "activation-script", Severity::error,
     "Activating the environment runs it, and no package brought it.", remove_or_accept},
    {"EL234", "environment-variables", Severity::error,
     "It sets environment variables at activation, and neither a package nor the lock did.",
     remove_or_accept},
    {"EL235", "shadowing-library", Severity::error,
     "A library that no package brought has the name of one that a package did: programs may load "
     "it instead.",
     remove_or_accept},
    {"EL236", "extra-library", Severity::warning, "A shared library that no package brought.",
     remove_or_accept},
    {"EL237", "pip-package", Severity::warning,
     "A package that pip or another installer put there; it is not in the lock. Its files are "
     "checked against its own RECORD, which proves nothing about who wrote them.",
     "add it to environment.yml and lock again; if it must stay, accept it with 'envlock accept'"},
    {"EL238", "pip-file", Severity::error,
     "A file of a pip-installed package is missing or unlike its RECORD.",
     "reinstall the package with pip, or remove it"},
    {"EL239", "pip-shadows", Severity::error,
     "A pip-installed package has the name of one that the environment has from conda.",
     "pip uninstall it, then envlock install --repair, with its lock"},
    {"EL240", "byte-code-changed", Severity::error,
     "Python runs this byte code, and it is not that of its package, of the installation or of its "
     "source.",
     "envlock install --repair, with its lock; if Python made it anew (caches were removed), "
     "accept "
     "it with 'envlock accept'"},
    {"EL241", "byte-code-alone", Severity::error,
     "Python byte code without its source: it can run, and nothing tells what it does.",
     remove_or_accept},
    {"EL242", "byte-code-stale", Severity::note,
     "Python byte code whose source is gone or another one by now: Python does not use it.",
     "remove it: python makes it again"},
    {"EL243", "byte-code-malformed", Severity::warning,
     "A file named like Python byte code whose header is none.", "remove it"},
    {"EL244", "python-module", Severity::error,
     "A Python module or package that no package brought.", remove_or_accept},
    {"EL245", "r-library", Severity::warning, "An R library that no package brought.",
     remove_or_accept},
    {"EL246", "jupyter-code", Severity::warning,
     "Configuration, kernels or extensions of Jupyter that no package brought: code runs by them.",
     remove_or_accept},
    {"EL247", "code-cache", Severity::warning,
     "Compiled code that a program keeps for itself (numba, pixbuf and GIO module lists).",
     "remove it: it is made again"},
    {"EL248", "conda-configuration", Severity::error,
     "Configuration of conda inside the prefix: it decides where packages come from.",
     remove_or_accept},
    {"EL249", "extra-code", Severity::warning, "A script or module that no package brought.",
     remove_or_accept},
    {"EL250", "extra-file", Severity::note, "Data that no package brought.", remove_or_accept,
     false},
    {"EL251", "link-script-product", Severity::warning,
     "Code that an allowed link script of a package made, as the prefix itself says: that it has "
     "not "
     "changed since is no proof, because whoever can write the prefix can write that, too.",
     "keep what 'envlock install --baseline' writes and verify against that, which holds their "
     "bytes; or accept it with 'envlock accept'"},
});

}  // namespace

std::span<const Rule> verify_rules() noexcept { return rules; }

}  // namespace envlock
