"""The command `clew`: one module per verb, loaded when the verb is used, so that `clew --help` is instant."""


def main() -> None:
    """Run the command line and leave the process: 0 done, 1 failure, 2 usage, 3 stories found and asked to fail."""
    from correlator.cli.app import run

    run()
