import JSONText
import Problems

extension TokenizerJSONReader {
  /// The BPE model of a `tokenizer.json`. Anything else is refused by name. O(vocabulary + merges).
  func model(_ node: JSONNode, isByteLevel: Bool) throws(Problem) -> BPEDefinition {
    let type = node["type"]?.string
    guard type == "BPE" || type == nil && node["merges"] != nil else {
      throw unsupported(
        "model: \(type ?? "a model without a type") is not BPE",
        "only BPE models are supported; use a tokenizer of that kind")
    }
    guard let vocabulary = node.present("vocab"), let merges = node.present("merges") else {
      throw refusal("model: vocab or merges is missing", "fetch the file again")
    }
    var definition = BPEDefinition(
      vocabulary: try readVocabulary(vocabulary, isByteLevel: isByteLevel))
    if let dropout = node.present("dropout") {
      guard let value = dropout.double, (0...1).contains(value) else {
        throw refusal("model.dropout: must be a number from 0 to 1", "fetch the file again")
      }
      guard value == 0 else {
        throw refusal(
          "model.dropout is \(value): its tokens would be random", "set model.dropout to null")
      }
    }
    func text(_ key: StaticString) throws(Problem) -> [UInt8]? {
      guard let value = node.present(key) else { return nil }
      guard let bytes = value.bytes else {
        throw refusal("model.\(key): must be a string or null", "fetch the file again")
      }
      return bytes
    }
    func flag(_ key: StaticString) throws(Problem) -> Bool {
      guard let value = node.present(key) else { return false }
      guard let bool = value.bool else {
        throw refusal("model.\(key): must be true or false", "fetch the file again")
      }
      return bool
    }
    definition.unknownToken = try text("unk_token")
    definition.continuingPrefix = try text("continuing_subword_prefix") ?? []
    definition.endSuffix = try text("end_of_word_suffix") ?? []
    definition.fusesUnknown = try flag("fuse_unk")
    definition.hasByteFallback = try flag("byte_fallback")
    definition.ignoresMerges = try flag("ignore_merges")
    try readMerges(merges, into: &definition)
    return definition
  }

  private func readVocabulary(
    _ node: JSONNode, isByteLevel: Bool
  ) throws(Problem) -> Vocabulary {
    guard node.isObject else {
      throw refusal("model.vocab: must be an object", "fetch the file again")
    }
    var vocabulary = Vocabulary(isByteLevel: isByteLevel, capacity: node.count)
    for (key, value) in node.members {
      guard let text = unsafe key.utf8 else { continue }
      guard let number = value.int, let id = UInt32(exactly: number), id < Vocabulary.idLimit else {
        let name = unsafe String(decoding: text, as: UTF8.self)
        throw refusal(
          "model.vocab: the id of \"\(name)\" is not a number below \(Vocabulary.idLimit)",
          "fetch the file again")
      }
      unsafe vocabulary.insert(text: text, id: id)
    }
    vocabulary.settle()
    return vocabulary
  }

  private func readMerges(
    _ node: JSONNode, into definition: inout BPEDefinition
  ) throws(Problem) {
    guard node.isArray else {
      throw refusal("model.merges: must be a list", "fetch the file again")
    }
    var resolver = MergeResolver(prefixLength: definition.continuingPrefix.count)
    definition.merges.reserveCapacity(node.count)
    /// What is wrong with the list itself, unless an earlier merge has no id.
    func refuse(_ reason: String, _ definition: inout BPEDefinition) throws(Problem) -> Never {
      try resolve(&resolver, into: &definition)
      throw refusal("model.merges\(reason)", "fetch the file again")
    }
    var rank: UInt32 = 0
    var isPairs: Bool?
    for element in node.elements {
      let isPair = element.isArray
      guard isPairs == nil || isPairs == isPair, isPair || element.isString else {
        try refuse("[\(rank)]: merges are all strings or all pairs of strings", &definition)
      }
      isPairs = isPair
      if isPair {
        var parts = element.elements
        guard let left = parts.next(), let right = parts.next(), parts.next() == nil,
          let left = unsafe left.utf8, let right = unsafe right.utf8
        else { try refuse("[\(rank)]: must be a pair of strings", &definition) }
        unsafe resolver.add(left, right, rank: rank)
      } else {
        guard let text = unsafe element.utf8 else { continue }
        // A line of a merges.txt that is no merge.
        if unsafe text.first == UInt8(ascii: "#"), unsafe text.starts(with: "#version".utf8) {
          continue
        }
        guard let space = unsafe text.firstIndex(of: 0x20),
          unsafe !text[(space + 1)...].contains(0x20)
        else {
          try refuse("[\(rank)]: must be two tokens with one space between them", &definition)
        }
        unsafe resolver.add(
          UnsafeBufferPointer(rebasing: text[..<space]),
          UnsafeBufferPointer(rebasing: text[(space + 1)...]), rank: rank)
      }
      if resolver.isFull { try resolve(&resolver, into: &definition) }
      rank += 1
    }
    try resolve(&resolver, into: &definition)
  }

  private func resolve(
    _ resolver: inout MergeResolver, into definition: inout BPEDefinition
  ) throws(Problem) {
    do throws(MergeResolver.Missing) {
      try resolver.resolve(definition.vocabulary, into: &definition.merges)
    } catch {
      throw refusal(
        "model.merges[\(error.rank)]: \"\(String(decoding: error.text, as: UTF8.self))\" is not in the vocabulary",
        "fetch the file again")
    }
  }
}
