"""TRL's SFTTrainer, from packed rows and without padding. What TRL would do first, tokenizing, masking and packing, is done.

    prep run fixtures/gsm8k.jsonl --output packed --pack --context-length 512
    prep export packed --format parquet --unpadded --output parquet
    python examples/train_trl.py parquet
"""

import argparse

import datasets
from tiny import tiny_model
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

parser = argparse.ArgumentParser()
parser.add_argument("parquet")
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--batch-size", type=int, default=4)
parser.add_argument("--output", default="trained")
options = parser.parse_args()

trainer = SFTTrainer(
    model=tiny_model(50257, 512),
    args=SFTConfig(
        options.output, max_steps=options.steps, per_device_train_batch_size=options.batch_size, learning_rate=3e-3, logging_steps=1,
        # Rows come ready: input_ids, labels, and seq_lengths, by which TRL tells the samples of a row apart.
        dataset_kwargs={"skip_prepare_dataset": True}, padding_free=True, max_length=None,
        use_cpu=True, bf16=False, report_to="none", save_strategy="no"),
    train_dataset=datasets.load_dataset("parquet", data_dir=options.parquet, split="train"),
    # TRL asks for a tokenizer, though it has nothing to tokenize: AutoTokenizer.from_pretrained(…) in a script of one's own.
    processing_class=PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.BPE()), eos_token="<|endoftext|>", pad_token="<|endoftext|>"),
)
trainer.train()
