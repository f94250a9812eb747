"""`python -m train` whose `lite` is a network of a few layers."""

from salmap.cli.main import main
from salmap.cli.train import app
from tests.train.tiny import use_small_network

if __name__ == "__main__":
    use_small_network()
    main("python -m train", app)
