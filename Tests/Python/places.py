"""Where things are in the checkout."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = str(CHECKOUT / "python")
GSM8K = CHECKOUT / "fixtures" / "gsm8k.jsonl"
