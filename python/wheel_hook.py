"""What hatchling cannot know: that the wheel holds native code, which `Scripts/native` has built before."""

import sysconfig
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NativeHook(BuildHookInterface):
    def initialize(self, version, build_data):
        native = Path(self.root) / "prep" / "_native"
        if not any(native.glob("libprep*")):
            raise SystemExit("the shared library is not built: run Scripts/native, or make wheel")
        build_data["pure_python"] = False
        # The platform of this machine; auditwheel finds the oldest system that the library runs on.
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
        build_data["artifacts"] = ["prep/_native/prep", "prep/_native/libprep.so.*", "prep/_native/libprep.*.dylib"]
