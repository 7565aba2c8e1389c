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
    return vocabulary
  }

  private func readMerges(
    _ node: JSONNode, into definition: inout BPEDefinition
  ) throws(Problem) {
    guard node.isArray else {
      throw refusal("model.merges: must be a list", "fetch the file again")
    }
    definition.merges.reserveCapacity(node.count)
    var resolver = MergeResolver(prefixLength: definition.continuingPrefix.count)
    var rank: UInt32 = 0
    var isPairs: Bool?
    for element in node.elements {
      let isPair = element.isArray
      guard isPairs == nil || isPairs == isPair, isPair || element.isString else {
        throw refusal(
          "model.merges[\(rank)]: merges are all strings or all pairs of strings",
          "fetch the file again")
      }
      isPairs = isPair
      let found: MergeResolver.Result
      if isPair {
        var parts = element.elements
        guard let left = parts.next(), let right = parts.next(), parts.next() == nil,
          let left = unsafe left.utf8, let right = unsafe right.utf8
        else {
          throw refusal("model.merges[\(rank)]: must be a pair of strings", "fetch the file again")
        }
        found = unsafe resolver.resolve(left, right, definition.vocabulary)
      } else {
        guard let text = unsafe element.utf8 else { continue }
        // A line of a merges.txt that is no merge.
        if unsafe text.starts(with: "#version".utf8) { continue }
        guard let space = unsafe text.firstIndex(of: 0x20),
          unsafe !text[(space + 1)...].contains(0x20)
        else {
          throw refusal(
            "model.merges[\(rank)]: must be two tokens with one space between them",
            "fetch the file again")
        }
        found = unsafe resolver.resolve(
          UnsafeBufferPointer(rebasing: text[..<space]),
          UnsafeBufferPointer(rebasing: text[(space + 1)...]), definition.vocabulary)
      }
      switch found {
      case .merge(let left, let right, let product):
        definition.merges.append(.init(left: left, right: right, product: product, rank: rank))
      case .missing(let text):
        throw refusal(
          "model.merges[\(rank)]: \"\(String(decoding: text, as: UTF8.self))\" is not in the vocabulary",
          "fetch the file again")
      }
      rank += 1
    }
  }
}

/// Looks up the parts and the product of merges, without allocating for each.
struct MergeResolver {
  enum Result {
    case merge(left: UInt32, right: UInt32, product: UInt32)
    /// The text that has no id.
    case missing([UInt8])
  }

  let prefixLength: Int
  private var scratch: [UInt8] = []

  init(prefixLength: Int) { self.prefixLength = prefixLength }

  mutating func resolve(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>,
    _ vocabulary: Vocabulary
  ) -> Result {
    scratch.removeAll(keepingCapacity: true)
    if prefixLength == 0 {
      // Side by side, the product needs no copy.
      var middle = 0
      var isInside = true
      if vocabulary.isByteLevel {
        isInside = unsafe ByteAlphabet.appendBytes(of: left, to: &scratch)
        middle = scratch.count
        if isInside { isInside = unsafe ByteAlphabet.appendBytes(of: right, to: &scratch) }
      } else {
        unsafe scratch.append(contentsOf: left)
        middle = scratch.count
        unsafe scratch.append(contentsOf: right)
      }
      if isInside {
        let found: (UInt32, UInt32, UInt32)? = unsafe scratch.withUnsafeBufferPointer { bytes in
          guard
            let a = unsafe vocabulary.id(ofBytes: UnsafeBufferPointer(rebasing: bytes[..<middle])),
            let b = unsafe vocabulary.id(ofBytes: UnsafeBufferPointer(rebasing: bytes[middle...])),
            let c = unsafe vocabulary.id(ofBytes: bytes)
          else { return nil }
          return (a, b, c)
        }
        if let found { return .merge(left: found.0, right: found.1, product: found.2) }
      }
    }
    let left = unsafe Array(left)
    let right = unsafe Array(right)
    guard let a = vocabulary.id(ofText: left) else { return .missing(left) }
    guard let b = vocabulary.id(ofText: right) else { return .missing(right) }
    guard right.count >= prefixLength else { return .missing(right) }
    let product = left + right[prefixLength...]
    guard let c = vocabulary.id(ofText: product) else { return .missing(product) }
    return .merge(left: a, right: b, product: c)
  }
}
