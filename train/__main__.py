"""`python -m train ...`, the same as `salmap train ...`."""

from salmap.cli.main import main
from salmap.cli.train import app

if __name__ == "__main__":
    main("python -m train", app)
