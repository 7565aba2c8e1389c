import Testing

@testable import Tokenizer

@Suite struct TokenizerSuite {}
