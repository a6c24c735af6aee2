"""The import path of the original's Docker modules. The work behind it is done by the program that embeds it."""
