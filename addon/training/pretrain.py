from addon.moved import run_moved

if __name__ == "__main__":
    run_moved("addon.training.pretrain", "addon.pretraining.__main__", "inkloop pretrain")
