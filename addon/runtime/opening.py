from addon.moved import moved

__getattr__ = moved(__name__, "addon.inference.opening")
