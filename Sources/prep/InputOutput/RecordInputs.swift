import Input
import Problems
import Tokenizer

extension InputFiles {
  /// The files of records that a user named. A model's folder holds JSON too, and is refused as what it is.
  static func records(_ inputs: [String], skipOtherFiles: Bool = false) throws(Problem)
    -> [InputFile]
  {
    if let model = inputs.first(where: BPETokenizer.isModelFolder) {
      throw Problem(
        .inputUnsupported, Place(file: model), reason: "is the folder of a model, not of records",
        remedy: "name it with --tokenizer \(model), and the files of records as inputs")
    }
    return try resolve(inputs, skipOtherFiles: skipOtherFiles)
  }

  /// Files that are named more than once, each once.
  static func repeated(_ files: [InputFile]) -> [String] {
    var seen = Set<String>()
    var repeated: [String] = []
    for file in files where !seen.insert(file.path).inserted && !repeated.contains(file.path) {
      repeated.append(file.path)
    }
    return repeated
  }
}
