import InstructionFormat
import JSONText
import Masking
import Problems
import ShardWriter

extension DataSet {
  /// Opens a data set of which another loss learns than the run's: the rows of a run with that loss, without rendering
  /// or tokenizing anything again. Throws where such a run would give other rows, and says why.
  public convenience init(
    _ folder: String, learning loss: LossPolicy?, cacheSize: Int = 256 << 20
  ) throws(Problem) {
    let manifest = try Manifest(folder: folder)
    let learning = try loss.flatMap { loss throws(Problem) in
      try LossExchange(manifest, folder: folder).classes(learnedBy: loss)
    }
    self.init(
      manifest, of: folder, cacheSize: cacheSize, learning: learning,
      as: learning == nil ? nil : loss?.rawValue)
  }
}

/// Whether a data set can be read as if it were made with another loss: what must be the same is what decides about
/// samples, their ids and their lengths.
struct LossExchange {
  private let folder: String
  private let manifest: Manifest
  private let own: LossPolicy
  private let history: HistoryPolicy
  private let straddle: Straddle
  private let truncation: Truncation

  init(_ manifest: Manifest, folder: String) throws(Problem) {
    self.manifest = manifest
    self.folder = folder
    let parser = JSONParser()
    // Nodes live as long as their parser.
    defer { withExtendedLifetime(parser) {} }
    guard let spec = try? parser.parse(manifest.spec.json),
      let own = spec["loss"]?.string.flatMap(LossPolicy.init),
      let straddle = spec["straddle"]?.string.flatMap(Straddle.init),
      let policy = spec["truncate"]?.string.flatMap(TruncationPolicy.init)
    else {
      throw Problem(
        kind: .unusable, path: folder, reason: "the spec of the data set cannot be read",
        remedy: "make the data set again")
    }
    self.own = own
    self.straddle = straddle
    history = spec["chat"]?["history"]?.string.flatMap(HistoryPolicy.init) ?? .asRendered
    truncation = Truncation(
      contextLength: manifest.spec.contextLength, promptLength: spec["prompt_length"]?.int,
      responseLength: spec["response_length"]?.int, policy: policy)
  }

  /// The classes that a loss learns; nil where it is the run's own.
  func classes(learnedBy loss: LossPolicy) throws(Problem) -> LearnedClasses? {
    guard loss != own else { return nil }
    let counted = samples(.stored).reduce(0) { $0 + $1.count }
    guard counted == manifest.totals.samples else {
      throw refusal(
        loss, "it does not say of what class its tokens are: an older prep made it, or a part of it"
      )
    }
    if let reason = turns(loss) ?? rejects(loss) ?? empty(loss) ?? lengths(loss) {
      throw refusal(loss, reason)
    }
    return LearnedClasses(loss, straddle: straddle)
  }

  private func refusal(_ loss: LossPolicy, _ reason: String) -> Problem {
    Problem(
      kind: .unusable, path: folder,
      reason:
        "a run with \(OptionName.loss(loss.rawValue)) gives other rows than this one with \(OptionName.loss(own.rawValue)): \(reason)",
      remedy: "make a data set with \(OptionName.loss(loss.rawValue))")
  }

  private func samples(_ place: LearnableClasses.Place) -> [(classes: [TokenClass], count: UInt64)]
  {
    manifest.totals.counters.compactMap { name, count in
      LearnableClasses.classes(name, place).map { ($0, count) }
    }
  }

  private func rejected(_ kinds: Problem.Kind...) -> UInt64 {
    kinds.reduce(0) { $0 + (manifest.totals.rejected[$1.rawValue] ?? 0) }
  }

  /// Whose turns are learned: that decides where text is tokenized apart, and which samples there are.
  private func turns(_ loss: LossPolicy) -> String? {
    if straddle == .error {
      return "\(OptionName.straddle("error")) rejects records by what is learned"
    }
    if loss.targets == own.targets {
      return loss.targets == [.all]
        ? "where every byte is learned, turns are looked for only if parts of them are taken away"
        : nil
    }
    let ofAssistant: Set<LossPolicy.Target> = [.assistant, .last, .tools]
    guard own.targets.contains(.assistant), !loss.targets.isDisjoint(with: ofAssistant),
      loss.targets.subtracting(ofAssistant) == own.targets.subtracting(ofAssistant)
    else {
      return
        "text is tokenized apart where learned turns begin and end; of the assistant's turns, a data set made with \(OptionName.loss("assistant")) can be read as last or tools"
    }
    guard history == .asRendered || history == .error else {
      return "\(OptionName.history(history.rawValue)) makes samples of the turns that are learned"
    }
    return nil
  }

  /// Records that the run rejected, and the other one might not.
  private func rejects(_ loss: LossPolicy) -> String? {
    if !own.without.isSubset(of: loss.without) {
      let count = rejected(.unsupervised, .nothingSupervised)
      if count > 0 { return "\(count) records that had nothing to learn may have something then" }
    }
    if loss.targets != own.targets {
      let count = rejected(.emptyResponse, .turnDropped)
      if count > 0 {
        return "\(count) records were rejected for turns that need not be learned then"
      }
    }
    return nil
  }

  /// Samples of which nothing would be learned: their records are rejects.
  private func empty(_ loss: LossPolicy) -> String? {
    let count = samples(.stored).reduce(UInt64(0)) { sum, samples in
      samples.classes.contains(where: loss.learns) ? sum : sum + samples.count
    }
    return count > 0
      ? "\(count) of \(manifest.totals.samples) samples have nothing to learn then, and their records would be rejected"
      : nil
  }

  /// Where prompts end decides what fits.
  private func lengths(_ loss: LossPolicy) -> String? {
    guard truncation.dependsOnPrompt else { return nil }
    let what = "lengths of prompt and response are counted from the first learned token"
    guard truncation.policy != .oldestTurns, rejected(.tooLong, .nothingSupervised) == 0 else {
      return what + ", and decided which records were left out"
    }
    let count = samples(.whole).reduce(UInt64(0)) { sum, samples in
      samples.classes.first(where: own.learns) == samples.classes.first(where: loss.learns)
        && !samples.classes.contains(LearnableClasses.mixed)
        ? sum : sum + samples.count
    }
    return count > 0 ? "\(what), which is another one in \(count) samples" : nil
  }
}
