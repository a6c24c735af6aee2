"""Several lines of a terminal that change in place."""

UP = "\033[{}A"
DOWN = "\033[{}B"
LEFT = "\r"
TO_END_OF_LINE = "\033[K"


class ProgressPrinter:
    """Gives each id a line of its own, in the order in which they are added, and writes over it."""

    def __init__(self):
        self.current_line = 0
        self.line_numbers = {}
        self.is_complete = False

    def add_line(self, line_id):
        """The number of the new line; None if `line_id`, which is anything hashable, has one."""
        if line_id in self.line_numbers:
            return None
        number = self.line_numbers[line_id] = len(self.line_numbers)
        if number:
            self.goto(number - 1)
            print()
        self.current_line = number
        return number

    def goto(self, line):
        if line != self.current_line:
            print((UP if line < self.current_line else DOWN).format(abs(line - self.current_line)), end=LEFT)
        self.current_line = line

    def print(self, line_id, text):
        self.goto(self.line_numbers[line_id])
        print(f"{text}{TO_END_OF_LINE}", end=LEFT)

    def complete(self):
        """Leaves the cursor below the last line."""
        self.is_complete = True
        self.goto(len(self.line_numbers))
