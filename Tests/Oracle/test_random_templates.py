"""Random templates against jinja2 in the environment of `transformers`: the same text, both refuse, or prep refuses by name.

`PREP_TEMPLATES=100000` runs a night's worth of them.
"""

import os
import random

from jinja_reference import differences
from random_templates import VARIABLES, Templates

COUNT = int(os.environ.get("PREP_TEMPLATES", 5000))


def test_random_templates_print_what_jinja2_prints(rng):
    templates = Templates(random.Random(rng.randrange(2**32)))
    refused, equal = {}, 0
    for _ in range(0, COUNT, 1000):
        found, names, same = differences([templates.template() for _ in range(1000)], VARIABLES)
        assert not found, "\n".join(map(repr, found[:20]))
        equal += same
        for name, count in names.items():
            refused[name] = refused.get(name, 0) + count
    print(f"{COUNT} templates, {equal} texts are equal; refused by name:")
    for name, count in sorted(refused.items(), key=lambda item: -item[1]):
        print(f"{count:8} {name}")
    # Most templates print something, and few of those are refused.
    assert equal > COUNT // 5 and sum(refused.values()) < COUNT // 10
