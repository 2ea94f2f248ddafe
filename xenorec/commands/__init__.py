"""Commands of the command line by what they are about; ``xenorec.cli`` puts them together."""

__all__: list[str] = []
