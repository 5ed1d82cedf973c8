"""One module per command of ``krofn``; the table in ``local_emulator.cli.main`` names them all."""
