#include "cli/pip_scripts.hpp"

namespace envlock {

// pip evaluates markers, chooses wheels and judges Requires-Python for the interpreter that runs
// it; --platform and --python-version change the second only. So what pip knows of the interpreter
// is replaced before it starts, and tried: a pip that works otherwise is noticed, never believed.
// What no lock knows (platform_release, platform_version) is empty, which newer ones take for a
// broken version: such a comparison does not hold, and the caller says so.
const std::string_view pip_script = R"HELP(import json, os, sys

with open(sys.argv[1], encoding="utf-8") as file:
    ask = json.load(file)
log = os.open(ask["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
os.dup2(log, 1)
os.dup2(log, 2)
try:
    from pip._vendor.packaging import markers
    from pip._internal.cli import cmdoptions
    from pip._internal.models import target_python
    from pip._internal.resolution.resolvelib import factory
    from pip._internal.utils import compatibility_tags

    def replace(module, name, value):
        getattr(module, name)
        setattr(module, name, value)

    compare = markers._eval_op

    def compare_unknown(left, operator, right, *args, **names):
        try:
            return compare(left, operator, right, *args, **names)
        except Exception:
            if left and right:
                raise
            return False

    replace(markers, "_eval_op", compare_unknown)
    replace(markers, "default_environment", lambda: dict(ask["markers"]))
    for name in ("platform_release", "platform_version"):
        for text in ("%s >= '5.4'", "'5.4' < %s", "%s ~= 'x'", "%s == '5.4-x'"):
            if markers.Marker(text % name).evaluate():
                raise RuntimeError(name)
    for name in ("sys_platform", "platform_machine", "python_full_version"):
        value = ask["markers"][name]
        if not markers.Marker("%s == '%s'" % (name, value)).evaluate():
            raise RuntimeError(name)
        if markers.Marker("%s == 'envlock'" % name).evaluate():
            raise RuntimeError(name)
    tags = list(compatibility_tags.get_supported(
        version=ask["python"].replace(".", "", 1).split(".")[0], platforms=ask["platforms"],
        impl="cp", abis=[ask["abi"]]))
    if not tags:
        raise RuntimeError("tags")
    replace(factory, "get_supported", lambda *args, **names: list(tags))
    replace(target_python, "get_supported", lambda *args, **names: list(tags))
    candidate = factory.RequiresPythonCandidate
    replace(factory, "RequiresPythonCandidate", lambda info=None: candidate(tuple(ask["version"])))
    replace(cmdoptions, "check_dist_restriction", lambda *args, **names: None)
    import pip
    if [int(part) for part in pip.__version__.split(".")[:2]] < [23, 3]:
        # These fetch every wheel whole once its metadata has decided.
        from pip._internal.operations import prepare
        from pip._internal.req import req_install
        from pip._internal.utils.direct_url_helpers import direct_url_from_link
        prepare_one = prepare.RequirementPreparer.prepare_linked_requirement
        get_dist = req_install.InstallRequirement.get_dist

        def prepare_and_keep(self, req, *args, **names):
            req.envlock_dist = prepare_one(self, req, *args, **names)
            return req.envlock_dist

        def prepare_no_more(self, reqs, *args, **names):
            for req in reqs:
                if req.link and req.download_info is None:
                    req.download_info = direct_url_from_link(req.link, req.source_dir)

        # This one takes "My_Tool" for another project than "my-tool".
        if hasattr(prepare, "get_metadata_distribution"):
            from pip._vendor.packaging.utils import canonicalize_name
            read_metadata = prepare.get_metadata_distribution

            def read_and_name(contents, filename, name, *args, **names):
                dist = read_metadata(contents, filename, name, *args, **names)
                if canonicalize_name(dist.raw_name) == canonicalize_name(name):
                    dist.__class__ = type("Named", (type(dist),), {"raw_name": name})
                return dist

            replace(prepare, "get_metadata_distribution", read_and_name)
        replace(prepare.RequirementPreparer, "prepare_linked_requirement", prepare_and_keep)
        replace(prepare.RequirementPreparer, "prepare_linked_requirements_more", prepare_no_more)
        replace(req_install.InstallRequirement, "get_dist",
                lambda self: getattr(self, "envlock_dist", None) or get_dist(self))
    from pip._internal.cli.main import main
except Exception as error:
    print("%s: %s" % (type(error).__name__, error))
    sys.stdout.flush()
    os._exit(97)
sys.path.append(ask["installed"])
sys.exit(main(ask["arguments"]))
)HELP";

const std::string_view toml_script = R"HELP(import json, os, sys

with open(sys.argv[1], encoding="utf-8") as file:
    ask = json.load(file)
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
try:
    with open(ask["file"], "rb") as file:
        table = tomllib.load(file).get("project")
except Exception as error:
    text, status = str(error), 98
else:
    text, status = json.dumps(table, default=str), 0
with open(ask["log"], "w", encoding="utf-8") as file:
    file.write(text)
sys.exit(status)
)HELP";

}  // namespace envlock
