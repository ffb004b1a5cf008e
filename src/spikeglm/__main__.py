"""``python -m spikeglm``: the command line, where no folder of commands is on the path."""

from .cli.main import main

if __name__ == "__main__":
    main()
