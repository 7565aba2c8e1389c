// What a program that prepares data imports: `import PrepKit` brings the modules below.

@_exported import Doctor
@_exported import Exports
@_exported import Input
@_exported import InstructionFormat
@_exported import Masking
@_exported import Pipeline
@_exported import Problems
@_exported import ShardWriter
@_exported import Tokenizer
