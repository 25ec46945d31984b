"""A job type for jobs of many items, some of which fail for a few reasons."""

from bellhop import BadInput, Context, job_type


@job_type(label="Invoice check", queue="parsing", cache=False)
def invoice(text: str, context: Context, *, strict: bool = True) -> dict:
    """Find the total of an invoice, unless the text says what is wrong with it."""
    context.log(f"reading {text}")
    kind, _, name = text.partition(" ")
    if kind == "scan" and strict:
        raise BadInput(f"'{name}' is not a PDF.", hint="Export the invoice as PDF.")
    if kind == "draft" and strict:
        raise BadInput(f"There is no total in '{name}'.", code="no_total")
    (context.output_dir / "lines.csv").write_text(f"name,total\n{name},{len(name)}\n")
    return {"vendor": name, "total": len(name) * 1.5, "paid": len(name) % 2 == 0}
