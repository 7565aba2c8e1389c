import Testing

@testable import prep

@Suite struct CommandSuite {}
