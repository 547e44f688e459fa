#include <array>

#include "verify/finding.hpp"

namespace envlock {
namespace {

constexpr std::string_view reinstall = "envlock install {lock} --prefix {prefix} --repair";
constexpr std::string_view remove_or_accept =
    "remove it, or make it part of a package; if it must stay: envlock accept {id} --report "
    "REPORT.json --until DATE --reason TEXT";
constexpr std::string_view close_it = "chmod go-w {path}";

using T = RuleTrait;

// The table that docs/verify.md shows, in the order of ids.
constexpr auto rules = std::to_array<Rule>({
    {"EL200", "nothing-checked", Severity::error, T::nothing_checked | T::decides_what_runs,
     "No file of any package was found in the prefix, so nothing is proved.",
     "name the environment that {against} describes, or the lock or baseline of this one"},
    {"EL201", "missing-file", Severity::error, T::decides_what_runs,
     "A file of a package is not there.", reinstall},
    {"EL202", "missing-package", Severity::error, T::decides_what_runs | T::no_pack_holds_it,
     "No file of a package is there.", reinstall},
    {"EL203", "changed-file", Severity::error, T::decides_what_runs | T::somebodys_work,
     "A file has other content than its package's (relocated to the prefix).", reinstall},
    {"EL204", "changed-type", Severity::error,
     T::decides_what_runs | T::no_pack_holds_it | T::somebodys_work,
     "Something else is in the place of a file, link or folder of a package.", reinstall},
    {"EL205", "changed-link", Severity::error, T::decides_what_runs | T::somebodys_work,
     "A symbolic link points elsewhere than packaged.", reinstall},
    {"EL206", "unreadable", Severity::error,
     T::not_looked_at | T::decides_what_runs | T::no_pack_holds_it,
     "A file or a whole folder could not be read, so nothing is known of it.",
     "run verify as the owner of the prefix, or make it readable"},
    {"EL207", "other-file-system", Severity::warning, T::not_looked_at | T::decides_what_runs,
     "Another file system is mounted inside the prefix: it hides what lies below.",
     "umount {path}, then verify again"},
    {"EL208", "changed-while-read", Severity::error, T::decides_what_runs | T::no_pack_holds_it,
     "A file was replaced or written while it was being checked.",
     "find out who writes to the prefix, then verify again"},
    {"EL209", "special-file", Severity::error, T::decides_what_runs | T::somebodys_work,
     "A FIFO, socket or device lies in the prefix; no package has such a thing.", remove_or_accept},
    {"EL210", "moved-prefix", Severity::error, T::leads | T::decides_what_runs | T::stops_install,
     "The environment was made for another path than that where it lies: its files name that path.",
     "make its files for this path, or move it back"},
    {"EL211", "writable-by-others", Severity::error, T::decides_what_runs,
     "Every user of this host can change it, and so what the environment does.", close_it},
    {"EL212", "writable-by-group", Severity::warning, T::decides_what_runs,
     "A group can change it, and so what the environment does.", close_it},
    {"EL213", "parent-writable", Severity::error, T::decides_what_runs,
     "Somebody else can replace the prefix as a whole, because a folder above it is theirs or is "
     "writable for them.",
     "move the prefix below folders that belong to root or its owner, mode 0755 at most"},
    {"EL214", "special-bits", Severity::error, T::decides_what_runs,
     "A file has its setuid or setgid bit set; no package's file has.", "chmod ug-s {path}"},
    {"EL215", "foreign-owner", Severity::error, T::decides_what_runs,
     "It belongs neither to the owner of the prefix nor to root: that user can change it.",
     "chown -h OWNER {path}, OWNER being that of the prefix"},
    {"EL216", "changed-mode", Severity::warning, T::decides_what_runs,
     "A file is executable and its package's is not, or the other way round.",
     "chmod a+x {path}, or a-x"},
    {"EL217", "capabilities", Severity::error, T::decides_what_runs,
     "A file has Linux capabilities; no package's has.", "setcap -r {path}"},
    {"EL218", "access-list", Severity::error, T::decides_what_runs,
     "An access control list gives rights that the mode does not show.", "setfacl -b -k {path}"},
    {"EL219", "extended-attributes", Severity::note, T::none,
     "It has extended attributes; no package has any.", "setfattr -x NAME {path}"},
    {"EL220", "less-readable", Severity::warning, T::none,
     "A package's file or folder is closed to users who may enter the prefix: its programs fail "
     "for "
     "them.",
     "chmod a+rX {path}, or g+rX for a prefix of a group"},
    {"EL221", "not-locked", Severity::error, T::decides_what_runs | T::somebodys_work,
     "conda-meta records a package that is not in the lock or baseline.",
     "envlock install {lock} --prefix {prefix}; if it must stay: add it to environment.yml, lock "
     "and install again"},
    {"EL222", "not-recorded", Severity::error, T::decides_what_runs | T::stops_install,
     "conda-meta has no record of a package of the lock or baseline: conda and others do not see "
     "it.",
     reinstall},
    {"EL223", "other-build", Severity::error, T::decides_what_runs | T::somebodys_work,
     "conda-meta records another version or build of a package than the lock or baseline has.",
     reinstall},
    {"EL224", "changed-record", Severity::error, T::decides_what_runs,
     "The record of a package in conda-meta tells other files or hashes than the package has.",
     reinstall},
    {"EL225", "unreadable-record", Severity::error, T::decides_what_runs | T::stops_install,
     "A record in conda-meta cannot be read as one.", reinstall},
    {"EL226", "duplicate-record", Severity::error, T::decides_what_runs,
     "conda-meta has two records of one package name.", reinstall},
    {"EL227", "changed-lock", Severity::error, T::decides_what_runs,
     "The lock that the prefix says it was made from is another one, was changed, or is gone.",
     reinstall},
    {"EL228", "unfinished-install", Severity::warning, T::decides_what_runs,
     "The last 'envlock install' did not end: files may be old and new ones mixed, and byte code, "
     "or "
     "what link scripts would set up, may be missing.",
     "envlock install {lock} --prefix {prefix}"},
    {"EL229", "changed-manifest", Severity::error, T::decides_what_runs,
     "The manifest that an unpacked prefix keeps, by which its own program relocates and verifies "
     "it, is not what the baseline says.",
     "unpack its pack anew"},
    {"EL230", "another-environment", Severity::error, T::leads | T::decides_what_runs,
     "The packages that conda-meta records are those of another environment than of the lock or "
     "baseline.",
     "this is another environment: name its own lock or baseline (--lock, --baseline); if it is to "
     "become that of {against}: envlock install {lock} --prefix {prefix}"},
    {"EL231", "extra-program", Severity::error,
     T::decides_what_runs | T::somebodys_work | T::unpackaged, "A program that no package brought.",
     remove_or_accept},
    {"EL232", "startup-file", Severity::error,
     T::decides_what_runs | T::somebodys_work | T::unpackaged,
     "Python runs it at every start (.pth, sitecustomize, usercustomize), and no package brought "
     "it.",
     remove_or_accept},
    {"EL233", "activation-script", Severity::error,
     T::decides_what_runs | T::somebodys_work | T::unpackaged,
     "Activating the environment runs it, and no package brought it.", remove_or_accept},
    {"EL234", "environment-variables", Severity::error,
     T::decides_what_runs | T::somebodys_work | T::unpackaged,
     "It sets environment variables at activation, and neither a package nor the lock did.",
     remove_or_accept},
    {"EL235", "shadowing-library", Severity::error,
     T::decides_what_runs | T::somebodys_work | T::unpackaged,
     "A library that no package brought has the name of one that a package did, and lies where the "
     "loader looks for it: programs may load it instead.",
     remove_or_accept},
    {"EL236", "extra-library", Severity::warning,
     T::decides_what_runs | T::somebodys_work | T::unpackaged,
     "A shared library that no package brought.", remove_or_accept},
    {"EL237", "pip-package", Severity::warning,
     T::decides_what_runs | T::somebodys_work | T::unpackaged | T::from_pip,
     "A package that pip or another installer put there; it is not in the lock. Its files are "
     "checked against its own RECORD, which proves nothing about who wrote them.",
     "add it to environment.yml and lock again; if it must stay: envlock accept {id} --report "
     "REPORT.json --until DATE --reason TEXT"},
    {"EL238", "pip-file", Severity::error,
     T::decides_what_runs | T::somebodys_work | T::unpackaged | T::from_pip,
     "A file of a pip-installed package is missing or unlike its RECORD.",
     "reinstall the package with pip, or remove it"},
    {"EL239", "pip-shadows", Severity::error,
     T::decides_what_runs | T::somebodys_work | T::from_pip,
     "A pip-installed package has the name of one that the environment has from conda.",
     "uninstall it with the pip that installed it, and then: envlock install {lock} --prefix "
     "{prefix} --repair"},
    {"EL240", "byte-code-changed", Severity::error, T::decides_what_runs,
     "Python runs this byte code, and it is not that of its package, of the installation or of its "
     "source.",
     "envlock install {lock} --prefix {prefix} --repair; if Python made it anew (caches were "
     "removed): envlock accept {id} --report REPORT.json --until DATE --reason TEXT"},
    {"EL241", "byte-code-alone", Severity::error, T::decides_what_runs | T::somebodys_work,
     "Python byte code without its source: it can run, and nothing tells what it does.",
     remove_or_accept},
    {"EL242", "byte-code-stale", Severity::note, T::decides_what_runs,
     "Python byte code whose source is gone or another one by now: Python does not use it.",
     "rm {path}"},
    {"EL243", "byte-code-malformed", Severity::warning, T::decides_what_runs,
     "A file named like Python byte code whose header is none.", "rm {path}"},
    {"EL244", "python-module", Severity::error,
     T::decides_what_runs | T::somebodys_work | T::unpackaged,
     "A Python module or package that no package brought.", remove_or_accept},
    {"EL245", "r-library", Severity::warning,
     T::decides_what_runs | T::somebodys_work | T::unpackaged,
     "An R library that no package brought.", remove_or_accept},
    {"EL246", "jupyter-code", Severity::warning,
     T::decides_what_runs | T::somebodys_work | T::unpackaged,
     "Configuration, kernels or extensions of Jupyter that no package brought: code runs by them.",
     remove_or_accept},
    {"EL247", "code-cache", Severity::warning, T::decides_what_runs | T::unpackaged,
     "Compiled code that a program keeps for itself (numba, pixbuf and GIO module lists).",
     "rm {paths}; numba and Python make theirs anew, 'gdk-pixbuf-query-loaders --update-cache' and "
     "'gio-querymodules FOLDER' the lists of modules"},
    {"EL248", "conda-configuration", Severity::error,
     T::decides_what_runs | T::somebodys_work | T::unpackaged,
     "Configuration of conda inside the prefix: it decides where packages come from.",
     remove_or_accept},
    {"EL249", "extra-code", Severity::warning,
     T::decides_what_runs | T::somebodys_work | T::unpackaged,
     "A script or module that no package brought.", remove_or_accept},
    {"EL250", "extra-file", Severity::note, T::somebodys_work | T::unpackaged,
     "Data that no package brought.", remove_or_accept},
    {"EL251", "link-script-product", Severity::warning, T::decides_what_runs | T::unpackaged,
     "Code that an allowed link script of a package made, as the prefix itself says: that it has "
     "not "
     "changed since is no proof, because whoever can write the prefix can write that, too.",
     "envlock install {lock} --prefix {prefix} --baseline FILE, and verify against that FILE, "
     "which "
     "holds their bytes; or: envlock accept {id} --report REPORT.json --until DATE --reason TEXT"},
    {"EL252", "not-unpacked", Severity::error, T::leads | T::decides_what_runs,
     "The environment was extracted from its pack, and not unpacked: its files are as packed and "
     "name no place.",
     "extract its pack anew, with an envlock of your own: envlock unpack PACK --prefix {prefix} "
     "--replace{key}"},
});

}  // namespace

std::span<const Rule> verify_rules() noexcept { return rules; }

}  // namespace envlock
