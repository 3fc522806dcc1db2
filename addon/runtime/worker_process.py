from addon.moved import moved

__getattr__ = moved(__name__, "addon.background.process_worker")
