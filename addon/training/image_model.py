from addon.moved import run_moved

if __name__ == "__main__":
    run_moved("addon.training.image_model", "addon.pretraining.image_model", "inkloop pretrain image")
