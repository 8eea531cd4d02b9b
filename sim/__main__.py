"""`python -m sim`."""

import os


def main() -> None:
    """Run the command line."""
    # Nothing here multiplies matrices: numpy need not start a thread for each processor, which is half of its loading.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from sim.cli import app

    app()


if __name__ == "__main__":
    main()
