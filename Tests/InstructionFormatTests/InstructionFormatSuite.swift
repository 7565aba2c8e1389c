import Testing

@testable import InstructionFormat

@Suite struct InstructionFormatSuite {}
