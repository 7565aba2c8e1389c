import Testing

@testable import Pipeline

@Suite struct PipelineSuite {}
