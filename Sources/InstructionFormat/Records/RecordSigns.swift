import JSONText
import Problems

/// What says that a record is made for another way of training: pairs of a better and a worse answer, answers with
/// a thumb up or down, prompts without answers, images.
struct RecordSigns {
  enum Sign: Hashable, Sendable {
    /// The better (0) or the worse (1) answer of the pair with this number.
    case pair(Int, Int)
    case label
    case reward
    case media
    /// A flag of messages beside them, with its place among `Learning.flags`.
    case flag(Int)
  }

  /// Names of the two answers of a pair, in the forms that published data sets have.
  static let pairs = [
    ("chosen", "rejected"), ("preferred_output", "non_preferred_output"),
    ("response_a", "response_b"), ("response_0", "response_1"), ("response_1", "response_2"),
    ("response_j", "response_k"), ("answer_0", "answer_1"), ("output_1", "output_2"),
    ("completion_a", "completion_b"), ("human_ref_A", "human_ref_B"),
    ("conversation_a", "conversation_b"),
  ]

  static let names: [(name: String, sign: Sign)] =
    pairs.enumerated().flatMap { index, pair in
      [(pair.0, Sign.pair(index, 0)), (pair.1, Sign.pair(index, 1))]
    } + [("label", .label), ("kto_tag", .label), ("labels", .label)]
    + [("reward_model", .reward), ("ground_truth", .reward)]
    + [("images", .media), ("videos", .media), ("audios", .media)]
    + Learning.flags.enumerated().map { ($1, .flag($0)) }

  private var better: UInt32 = 0
  private var worse: UInt32 = 0
  private(set) var label: JSONNode?
  private(set) var hasReward = false
  private(set) var media: JSONNode?
  /// A flag beside the messages that says of some of them that they are not learned.
  private(set) var flag: String?

  /// The pair that the record holds.
  var pair: (String, String)? {
    let both = better & worse
    return both == 0 ? nil : Self.pairs[both.trailingZeroBitCount]
  }

  /// Whether it is labelled as a good or a bad answer: true or false, or several of them.
  var isLabelled: Bool {
    label.map { $0.bool != nil || $0.elements.first { _ in true }?.bool != nil } ?? false
  }

  mutating func take(_ node: JSONNode, _ sign: Sign) {
    guard !node.isAbsent else { return }
    switch sign {
    case .pair(let index, 0): better |= 1 << UInt32(index)
    case .pair(let index, _): worse |= 1 << UInt32(index)
    case .label: label = node
    case .reward: hasReward = true
    case .media: if !node.isEmpty { media = node }
    case .flag(let index):
      if node.bool == false || node.double == 0 || node.isArray && !node.isEmpty {
        flag = Learning.flags[index]
      }
    }
  }
}

extension RecordFields {
  /// Refuses a record that was made for another way of training, unless the user named the field that is the answer.
  func refuseOtherTraining(_ found: Found) throws(Problem) {
    if found.signs.media != nil {
      throw Problem(
        .mediaPart, reason: "the record has images, audio or video, which are not text",
        remedy: "leave such records out, or remove the field if the text stands alone")
    }
    guard given[.response] == nil, given[.messages] == nil, given[.text] == nil else { return }
    if let (better, worse) = found.signs.pair {
      throw Problem(
        .preferencePair, field: better,
        reason: "\"\(better)\" and \"\(worse)\" are a pair of answers for preference training",
        remedy:
          "learn the better one alone: \(OptionName.field("response=\(better)")), or \(OptionName.field("messages=\(better)")) where it is the whole conversation"
      )
    }
    if let flag = found.signs.flag, found.response != nil || found.messages != nil {
      throw Problem(
        .unclearFlag, field: flag,
        reason: "\"\(flag)\" of the whole record says that something of it is not learned",
        remedy:
          "write it into the messages that it is about; if it means something else, name what is learned: "
          + (found.messages != nil
            ? "\(OptionName.field("messages=\(name(of: .messages, in: found))"))"
            : "\(OptionName.field("response=\(name(of: .response, in: found))"))"))
    }
    if found.signs.isLabelled, found.response != nil || found.messages != nil {
      let name = found.response == nil ? RecordRole.messages : .response
      throw Problem(
        .feedbackLabel, field: "label",
        reason: "the answer is labelled as good or bad (KTO): a bad one must not be learned",
        remedy:
          "keep the records with a true label, then say which field is the answer: \(OptionName.field("\(name.rawValue)=\(self.name(of: name, in: found))"))"
      )
    }
    if found.response == nil, found.messages == nil, found.task != nil,
      found.signs.hasReward || self.name(of: .task, in: found) == "prompt", found[.text] == nil
    {
      throw Problem(
        .promptOnly, field: self.name(of: .task, in: found),
        reason: "the record is a prompt without an answer (as for reinforcement learning)",
        remedy:
          "name the field of the answer, if there is one: \(OptionName.field("response=NAME"))")
    }
  }

  /// The schema of one record: the run's, or what its members say.
  public func schema(of found: Found, record: JSONNode) throws(Problem) -> RecordSchema {
    try refuseOtherTraining(found)
    // A prompt may be the conversation so far, the completion its last turns.
    let hasMessages =
      found.messages != nil || found.task?.holdsMessages ?? false
      || found.response?.holdsMessages ?? false
    if schema == .messages, !hasMessages { throw missing(.messages, in: record) }
    guard schema == .auto else { return schema }
    if hasMessages { return .messages }
    if found.response != nil { return .instruction }
    if found[.text] != nil { return .text }
    if found.task != nil || found[.context] != nil { return .instruction }
    throw unknownSchema(record)
  }
}

extension JSONNode {
  /// Whether it is an array of objects.
  var holdsMessages: Bool { elements.first { _ in true }?.isObject ?? false }
}
