"""Collects what was measured and shows it three ways: text at once, Markdown and JSON at the end."""
import json
import textwrap

WIDTH = 110


def grouped(number):
    """1234567.8 as 1,234,568."""
    return f"{number:,.0f}"


def fixed(digits):
    """A function that shows a number with so many digits after the point, and None as a dash."""
    return lambda number: "-" if number is None else f"{number:,.{digits}f}"


class Table:
    """Rows of text under a title, and a note; the first column stands left, the others right."""

    def __init__(self, title, columns, rows, note=""):
        self.title, self.columns, self.note = title, columns, note
        self.rows = [[str(cell) for cell in row] for row in rows]

    def text(self):
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        shown = [self.title]
        for line in lines:
            cells = [line[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
            shown.append("  " + "  ".join(cells).rstrip())
        return "\n".join(shown + textwrap.wrap(self.note, WIDTH, initial_indent="  ", subsequent_indent="  "))

    def markdown(self):
        lines = [f"**{self.title}**", "", self._line(self.columns)]
        lines.append("|---|" + "---:|" * (len(self.columns) - 1))
        lines += [self._line(row) for row in self.rows]
        return "\n".join([*lines, "", self.note + "\n" if self.note else ""])

    @staticmethod
    def _line(cells):
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


class Report:
    """Prints each piece when it is added. `data` is what --json writes."""

    def __init__(self):
        self.data = {"left_out": []}
        self._markdown = []
        self._is_after_block = False

    def heading(self, text):
        self._print(f"\n== {text}", False)
        self._markdown.append(f"## {text}\n")

    def say(self, text):
        self._print(textwrap.fill(text, WIDTH), False)
        self._markdown.append(f"{text}\n")

    def points(self, title, points):
        """A line, and others that belong to it."""
        self._print("\n".join([title, *(f"  {point}" for point in points)]), True)
        self._markdown.append("\n".join([title, "", *(f"- {point}" for point in points)]) + "\n")

    def table(self, title, columns, rows, note=""):
        table = Table(title, columns, rows, note)
        self._print(table.text(), True)
        self._markdown.append(table.markdown())

    def _print(self, text, is_block):
        """Blocks stand apart from what is before and after them."""
        apart = (is_block or self._is_after_block) and not text.startswith("\n")
        print("\n" * apart + text, flush=True)
        self._is_after_block = is_block

    def leave_out(self, what, why):
        """A row or a part that this machine cannot give: named, never an error."""
        self.data["left_out"].append({"what": what, "why": why})
        self.say(f"left out: {what}: {why}")

    def write(self, markdown, json_file):
        if markdown:
            markdown.write_text("# pxguard, measured\n\n" + "\n".join(self._markdown))
        if json_file:
            json_file.write_text(json.dumps(self.data, indent=1) + "\n")
