from addon.moved import run_moved

if __name__ == "__main__":
    run_moved("addon.training.letters", "addon.pretraining.letters", "inkloop pretrain letters")
