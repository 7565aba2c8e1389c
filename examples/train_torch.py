"""A training loop in plain PyTorch, from packed shards, that goes on to the row where it was stopped.

    prep run fixtures/gsm8k.jsonl --output packed --pack --context-length 512
    python examples/train_torch.py packed --steps 10 --checkpoint checkpoint.pt   # twice: the second goes on
    torchrun --nproc-per-node 2 examples/train_torch.py packed                    # each rank reads its share
"""

import argparse
import os

import torch
from prep.torch import PackedCollator, ShardStream
from tiny import tiny_model

parser = argparse.ArgumentParser()
parser.add_argument("shards")
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--batch-size", type=int, default=4)
parser.add_argument("--workers", type=int, default=2)
parser.add_argument("--checkpoint")
options = parser.parse_args()

torch.manual_seed(0)
ranks = int(os.environ.get("WORLD_SIZE", 1))
if ranks > 1:
    torch.distributed.init_process_group("gloo")

# Every rank must take as many steps as the others: `even` leaves out the rows that do not go round.
stream = ShardStream(options.shards, seed=1, padded=False, even=True)
loader = stream.loader(batch_size=options.batch_size, num_workers=options.workers, collate_fn=PackedCollator())
model = tiny_model(50257, stream.datasets[0].context_length)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
step = 0
if options.checkpoint and os.path.exists(options.checkpoint):
    saved = torch.load(options.checkpoint, weights_only=True)
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    loader.load_state_dict(saved["stream"])
    step = saved["step"]
training = torch.nn.parallel.DistributedDataParallel(model) if ranks > 1 else model

last = step + options.steps
while step < last:
    for batch in loader:
        loss = training(**batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        print(f"step {step}  rank {stream.rank}  epoch {stream.epoch}  loss {loss.item():.4f}", flush=True)
        if step == last:
            break

if options.checkpoint and stream.rank == 0:
    torch.save({
        "model": model.state_dict(), "optimizer": optimizer.state_dict(), "stream": loader.state_dict(), "step": step,
    }, options.checkpoint)
if ranks > 1:
    torch.distributed.destroy_process_group()
