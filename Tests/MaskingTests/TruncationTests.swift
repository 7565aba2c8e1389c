import InstructionFormat
import Problems
import Testing

@testable import Masking

@Suite("Truncation that knows labels") struct TruncationTests {
  /// `beginning` BOS tokens (1), prompt tokens from 100, response tokens from 200, its end 0.
  func sample(beginning: Int = 0, prompt: Int, response: Int) -> MaskedSample {
    var sample = MaskedSample()
    sample.append(supervised: false) {
      $0 += Array(repeating: 1, count: beginning) + (0..<prompt).map { 100 + UInt32($0) }
    }
    sample.append(supervised: true) { $0 += (0..<response - 1).map { 200 + UInt32($0) } + [0] }
    sample.beginningCount = beginning
    sample.endsInTerminator = true
    return sample
  }

  @Test("a sample that fits is left as it is")
  func fits() throws {
    var sample = sample(prompt: 3, response: 3)
    let before = sample.tokens
    #expect(try Truncation(contextLength: 6).fit(&sample) == Truncation.Cut())
    #expect(sample.tokens == before)
  }

  @Test("right cuts the end, and says that the terminator went with it")
  func right() throws {
    var sample = sample(prompt: 3, response: 4)
    let cut = try Truncation(contextLength: 5).fit(&sample)
    #expect(sample.tokens == [100, 101, 102, 200, 201])
    #expect(sample.runs == [3..<5])
    #expect(cut == Truncation.Cut(promptTokens: 0, responseTokens: 2, terminator: true))
  }

  @Test("a terminator with unlearned text behind it is lost exactly if it is cut, not the text")
  func textBehindTheTerminator() throws {
    var whole = sample(prompt: 3, response: 4)
    whole.append(supervised: false) { $0.append(9) }
    var short = whole
    #expect(try Truncation(contextLength: 7).fit(&whole).terminator == false)
    #expect(whole.tokens == [100, 101, 102, 200, 201, 202, 0])
    #expect(try Truncation(contextLength: 6).fit(&short).terminator)
  }

  @Test("left cuts the prompt behind the beginning token and keeps the terminator")
  func left() throws {
    var sample = sample(beginning: 1, prompt: 4, response: 3)
    let cut = try Truncation(contextLength: 6, policy: .left).fit(&sample)
    #expect(sample.tokens == [1, 102, 103, 200, 201, 0])
    #expect(sample.runs == [3..<6])
    #expect(cut == Truncation.Cut(promptTokens: 2, responseTokens: 0, terminator: false))
  }

  @Test("left without a beginning token keeps exactly the last tokens")
  func leftPlain() throws {
    for length in 1...8 {
      var sample = sample(prompt: 4, response: 4)
      let all = sample.tokens
      _ = try Truncation(contextLength: length, policy: .left).fit(&sample)
      #expect(sample.tokens == Array(all.suffix(length)))
    }
  }

  @Test("right keeps exactly the first tokens, or is refused where nothing is left to learn")
  func rightPlain() throws {
    for length in 1...8 {
      var sample = sample(prompt: 4, response: 4)
      let all = sample.tokens
      if length <= 4 {
        let error = #expect(throws: Problem.self) {
          try Truncation(contextLength: length).fit(&sample)
        }
        #expect(error?.kind == .nothingSupervised)
      } else {
        _ = try Truncation(contextLength: length).fit(&sample)
        #expect(sample.tokens == Array(all.prefix(length)))
      }
    }
  }

  @Test("prompt and response have budgets of their own")
  func budgets() throws {
    var right = sample(prompt: 6, response: 6)
    let cut = try Truncation(contextLength: 100, promptLength: 2, responseLength: 3).fit(&right)
    #expect(right.tokens == [100, 101, 200, 201, 202])
    #expect(right.runs == [2..<5])
    #expect(cut == Truncation.Cut(promptTokens: 4, responseTokens: 3, terminator: true))
    var left = sample(beginning: 1, prompt: 6, response: 3)
    _ = try Truncation(contextLength: 100, promptLength: 3, policy: .left).fit(&left)
    #expect(left.tokens == [1, 104, 105, 200, 201, 0])
  }

  @Test("keep-response cuts the prompt only, and refuses a response that does not fit")
  func keepResponse() throws {
    var fits = sample(beginning: 1, prompt: 5, response: 3)
    _ = try Truncation(contextLength: 5, policy: .keepResponse).fit(&fits)
    #expect(fits.tokens == [1, 104, 200, 201, 0])
    var long = sample(beginning: 1, prompt: 5, response: 5)
    let error = #expect(throws: Problem.self) {
      try Truncation(contextLength: 5, policy: .keepResponse).fit(&long)
    }
    #expect(error?.kind == .tooLong)
  }

  @Test("bounds of a filter are counted before anything is cut off, and keep their own number")
  func filter() throws {
    var truncation = Truncation(contextLength: 1)
    try truncation.filter(tokens: 1 << 20)
    (truncation.minimumTokens, truncation.maximumTokens) = (3, 5)
    for count in 3...5 { try truncation.filter(tokens: count) }
    let few = #expect(throws: Problem.self) { try truncation.filter(tokens: 2) }
    #expect(few?.kind == .tooFewTokens && few?.reason == "the sample has 2 tokens, fewer than 3")
    let many = #expect(throws: Problem.self) { try truncation.filter(tokens: 6) }
    #expect(many?.kind == .tooManyTokens && many?.reason == "the sample has 6 tokens, more than 5")
  }

  @Test("drop and error refuse what is too long", arguments: [TruncationPolicy.drop, .error])
  func refuse(policy: TruncationPolicy) throws {
    var long = sample(prompt: 5, response: 5)
    let error = #expect(throws: Problem.self) {
      try Truncation(contextLength: 9, policy: policy).fit(&long)
    }
    #expect(error?.reason == "the sample has 10 tokens, more than 9")
    var fits = sample(prompt: 5, response: 4)
    #expect(try !Truncation(contextLength: 9, policy: policy).fit(&fits).isCut)
  }
}
