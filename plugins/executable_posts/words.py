"""What a page says of outputs by itself, in the language of the site."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class OutputWords:
    """Sentences and parts of them; numbers are put in with the language's own sign in thousands."""

    outputs: str = "Output of cell {number}"
    more_lines: str = "{count} more lines"
    in_notebook: str = "… {count} more lines, in the executed notebook"
    table: str = "Table with {rows} and {columns}"
    table_fold: str = "Table with {rows}"
    row: str = "{count} row"
    rows: str = "{count} rows"
    column: str = "{count} column"
    columns: str = "{count} columns"
    items: str = "{count} items"
    item: str = "{count} item"
    animation: str = "Animation: {count} frames, {seconds} s"
    trace: str = "Where it went wrong"
    trace_line: str = "Line {line}"
    trace_cell: str = "Cell {cell}, line {line}"
    trace_function: str = ", in {function}"
    widget: str = "This output is interactive: it needs the notebook and a running kernel."
    chart: str = "This chart is interactive and is drawn by a script, which did not run here."
    chart_title: str = "Chart of cell {number}"
    undrawn: str = "This chart is interactive: it needs the notebook."
    language: str = "en"
    thousands: str = ","
    point: str = "."

    def count(self, number: int) -> str:
        """A whole number as it is written: 12,345."""
        return f"{number:,}".replace(",", self.thousands)

    def size(self, rows: int, columns: int) -> str:
        """How large a table is: 5 rows and 3 columns."""
        return self.table.format(rows=self.row_count(rows), columns=self.column_count(columns))

    def row_count(self, number: int) -> str:
        """The rows of a table: 1 row."""
        return (self.row if number == 1 else self.rows).format(count=self.count(number))

    def column_count(self, number: int) -> str:
        """The columns of a table: 1 column."""
        return (self.column if number == 1 else self.columns).format(count=self.count(number))

    def item_count(self, number: int) -> str:
        """What a list holds: 1 item."""
        return (self.item if number == 1 else self.items).format(count=self.count(number))

    def seconds(self, number: float) -> str:
        """Seconds with one digit behind the point: 2.4."""
        return f"{number:.1f}".replace(".", self.point)


OUTPUT_WORDS: Mapping[str, OutputWords] = {
    "en": OutputWords(),
    "pt": OutputWords(
        outputs="Saída da célula {number}",
        more_lines="Mais {count} linhas",
        in_notebook="… mais {count} linhas, no notebook executado",
        table="Tabela de {rows} e {columns}",
        table_fold="Tabela de {rows}",
        row="{count} linha",
        rows="{count} linhas",
        column="{count} coluna",
        columns="{count} colunas",
        items="{count} itens",
        item="{count} item",
        animation="Animação: {count} quadros, {seconds} s",
        trace="Onde deu errado",
        trace_line="Linha {line}",
        trace_cell="Célula {cell}, linha {line}",
        trace_function=", em {function}",
        widget="Esta saída é interativa: ela precisa do notebook e de um kernel em execução.",
        chart="Este gráfico é interativo e quem o desenha é um script, que não rodou aqui.",
        chart_title="Gráfico da célula {number}",
        undrawn="Este gráfico é interativo: ele precisa do notebook.",
        language="pt-BR",
        thousands=".",
        point=",",
    ),
}
