"""Runs a module as a child process that ends with its parent.

    python -P -m addon.background.child MODULE

The parent is watched from here on: the imports of the module may take seconds, and the parent may end
meanwhile.
"""

import runpy
import sys

from addon.background.parent_watch import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
