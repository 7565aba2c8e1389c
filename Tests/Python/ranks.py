"""One rank of several that read a stream, through each loader in turn; started by test_ranks.py with torchrun.

usage: ranks.py FOLDER RESULTS
"""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["ACCELERATE_USE_CPU"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
warnings.filterwarnings("ignore")

import accelerate
import prep
import torch
import torch.distributed
from accelerate import Accelerator, DataLoaderConfiguration
from accelerate.data_loader import IterableDatasetShard
from prep.torch import ShardStream
from torch.utils.data import DataLoader
from torchdata.stateful_dataloader import StatefulDataLoader

FOLDER, RESULTS = sys.argv[1:]
BATCH, STOP = 8, 5
NUMBERS = {row["input_ids"].tobytes(): number for number, row in enumerate(prep.Dataset(FOLDER))}


def stream(**options):
    return ShardStream(FOLDER, seed=5, **options)


def numbers(batch):
    return [NUMBERS[ids.numpy().tobytes()] for ids in batch["input_ids"]]


def rows(loader):
    return [number for batch in loader for number in numbers(batch)]


def part(loader, count):
    """The rows of the first batches, and the loader's state then."""
    batches = iter(loader)
    found = [number for _ in range(count) for number in numbers(next(batches))]
    return found, loader.state_dict()


def before_it_is_initialized():
    """Refused where other ranks are known of; right where the stream is made before the group is."""
    early = stream()
    try:
        next(iter(early))
    except RuntimeError as error:
        assert "init_process_group" in str(error), error
    else:
        raise AssertionError("a rank read every row")
    torch.distributed.init_process_group("gloo")
    return list(map(NUMBERS.get, (row["input_ids"].numpy().tobytes() for row in early)))


def plain(workers):
    return rows(DataLoader(stream(), BATCH, num_workers=workers))


def plain_twice(workers, **options):
    """Two passes are two epochs, and the second is whole too where the first was resumed within it."""
    read = stream()
    read.load_state_dict({**read.state_dict(), "rows": 40})
    loader = DataLoader(read, BATCH, num_workers=workers, **options)
    first, second = rows(loader), rows(loader)
    assert len(first) < len(second)
    return second


def own_loader(workers):
    found, state = part(stream().loader(BATCH, num_workers=workers), STOP)
    resumed = stream().loader(BATCH, num_workers=2 - workers)
    resumed.load_state_dict(state)
    return found + rows(resumed)


def stateful(workers):
    found, state = part(StatefulDataLoader(stream(), BATCH, num_workers=workers), STOP)
    resumed = StatefulDataLoader(stream(), BATCH, num_workers=workers)
    resumed.load_state_dict(state)
    return found + rows(resumed)


def prepared(workers, **options):
    accelerator = Accelerator(cpu=True, dataloader_config=DataLoaderConfiguration(**options))
    return accelerator.prepare(DataLoader(stream(), BATCH, num_workers=workers))


def accelerated(workers, **options):
    loader = prepared(workers, **options)
    found = rows(loader)
    try:
        loader.dataset.state_dict()
    except (RuntimeError, AttributeError):
        return found
    raise AssertionError("a place was given that accelerate has read beyond")


def accelerated_loader():
    """What stream.loader makes is a loader like any other; its place cannot be kept, and says so."""
    own = stream().loader(BATCH)
    own.load_state_dict({**own.state_dict(), "rows": 40})
    try:
        next(iter(Accelerator(cpu=True).prepare(own)))
    except RuntimeError as error:
        assert "skip_first_batches" in str(error), error
    else:
        raise AssertionError("a place was lost")
    return rows(Accelerator(cpu=True).prepare(stream().loader(BATCH)))


def skipping(workers):
    batches = iter(prepared(workers))
    found = [number for _ in range(STOP) for number in numbers(next(batches))]
    return found + rows(accelerate.skip_first_batches(prepared(workers), STOP))


def accelerated_stateful():
    options = {"use_stateful_dataloader": True, "dispatch_batches": False}
    found, state = part(prepared(0, **options), STOP)
    resumed = prepared(0, **options)
    resumed.load_state_dict(state)
    return found + rows(resumed)


def accelerated_stateful_dispatch():
    """The place that is kept is beyond the loop's: it is refused."""
    found, state = part(prepared(0, use_stateful_dataloader=True), STOP)
    if torch.distributed.get_rank() == 0:
        resumed = StatefulDataLoader(stream(rank=0, world_size=1), BATCH)
        state["_iterator_finished"] = False
        resumed.load_state_dict(state)
        try:
            next(iter(resumed))
        except ValueError as error:
            assert "skip_first_batches" in str(error), error
        else:
            raise AssertionError("a place that is not the loop's was taken")
    return rows(prepared(0, use_stateful_dataloader=True))


def shard():
    rank, ranks = torch.distributed.get_rank(), torch.distributed.get_world_size()
    return rows(DataLoader(IterableDatasetShard(stream(), BATCH, False, ranks, rank), BATCH))


def told_twice():
    rank, ranks = torch.distributed.get_rank(), torch.distributed.get_world_size()
    try:
        next(iter(DataLoader(IterableDatasetShard(stream(rank=rank, world_size=ranks), BATCH, False, ranks, rank), BATCH)))
    except ValueError as error:
        assert "leave out" in str(error), error
        return plain(0)
    raise AssertionError("rows were shared out twice")


class Recorder(torch.nn.Module):
    """A model that notes which rows it was given."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.found = []

    def forward(self, input_ids, labels=None, attention_mask=None):
        self.found += numbers({"input_ids": input_ids})
        return {"loss": (self.weight * 0.0).sum()}


def trainer(workers, **options):
    from transformers import Trainer, TrainingArguments

    model = Recorder()
    Trainer(
        model,
        TrainingArguments(
            f"{RESULTS}/trainer", num_train_epochs=1, per_device_train_batch_size=BATCH, dataloader_num_workers=workers, use_cpu=True,
            report_to="none", save_strategy="no", logging_strategy="no", disable_tqdm=True, accelerator_config=options or None),
        train_dataset=stream()).train()
    return model.found


def lightning(workers):
    import logging

    import pytorch_lightning

    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)

    class Module(pytorch_lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = Recorder()

        def training_step(self, batch):
            return self.model(batch["input_ids"])["loss"]

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    module = Module()
    pytorch_lightning.Trainer(
        accelerator="cpu", strategy="ddp", devices=torch.distributed.get_world_size(), max_epochs=1, logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    ).fit(module, stream(even=True).loader(BATCH, num_workers=workers))
    return module.model.found


SCENARIOS = {
    "before": before_it_is_initialized,
    **{f"plain {workers}": lambda workers=workers: plain(workers) for workers in (0, 2)},
    **{f"plain twice {workers}": lambda workers=workers: plain_twice(workers) for workers in (0, 2)},
    "plain twice, same workers": lambda: plain_twice(2, persistent_workers=True),
    **{f"plain {start}": lambda start=start: rows(DataLoader(stream(), BATCH, num_workers=2, multiprocessing_context=start))
       for start in ("spawn",)},
    **{f"own {workers}": lambda workers=workers: own_loader(workers) for workers in (0, 2)},
    **{f"stateful {workers}": lambda workers=workers: stateful(workers) for workers in (0, 2)},
    **{f"accelerate {workers}": lambda workers=workers: accelerated(workers) for workers in (0, 2)},
    **{f"accelerate, no dispatch {workers}": lambda workers=workers: accelerated(workers, dispatch_batches=False)
       for workers in (0, 2)},
    "accelerate, split": lambda: accelerated(0, split_batches=True),
    "accelerate, stateful": accelerated_stateful,
    "accelerate, stateful dispatch": accelerated_stateful_dispatch,
    "accelerate, own loader": accelerated_loader,
    "accelerate, skipping": lambda: skipping(0),
    "shard": shard,
    "told twice": told_twice,
    "trainer": lambda: trainer(0),
    "trainer, no dispatch": lambda: trainer(2, dispatch_batches=False),
    "lightning": lambda: lightning(0),
}

if __name__ == "__main__":
    found = {}
    for name, scenario in SCENARIOS.items():
        if name == "accelerate, split" and BATCH % torch.distributed.get_world_size():
            # accelerate itself refuses a batch that ranks do not divide.
            continue
        found[name] = scenario()
    Path(RESULTS, f"{os.environ['RANK']}.json").write_text(json.dumps(found))
