"""Hugging Face's Trainer, from shards with one sample a row.

    prep run fixtures/gsm8k.jsonl --output train --context-length 512
    python examples/train_hf_trainer.py train
"""

import argparse

from prep.torch import PadCollator, ShardDataset
from tiny import tiny_model
from transformers import Trainer, TrainingArguments

parser = argparse.ArgumentParser()
parser.add_argument("shards")
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--batch-size", type=int, default=4)
parser.add_argument("--output", default="trained")
options = parser.parse_args()

dataset = ShardDataset(options.shards, padded=False)
trainer = Trainer(
    model=tiny_model(50257, dataset.rows.context_length),
    args=TrainingArguments(
        options.output, max_steps=options.steps, per_device_train_batch_size=options.batch_size, learning_rate=3e-3, logging_steps=1,
        dataloader_num_workers=2, use_cpu=True, report_to="none", save_strategy="no"),
    train_dataset=dataset,
    # Each batch is as long as its longest row.
    data_collator=PadCollator(dataset.rows.pad_id, multiple_of=8),
)
trainer.train()
