import Problems

extension Problem {
  /// A problem of a data set.
  package init(
    kind: Kind = .damaged, path: String = "", frame: Int? = nil, part: String = "",
    offset: Int? = nil, reason: String, remedy: String = ""
  ) {
    self.init(
      kind, Place(file: path, byteOffset: offset, frame: frame, part: part), reason: reason,
      remedy: remedy)
  }

  /// The same problem, in this file and part where they are not named yet.
  package func at(path: String, frame: Int? = nil, part: String = "", offset: Int? = nil) -> Problem
  {
    var problem = self
    if problem.file.isEmpty { problem.file = path }
    if problem.frame == nil { problem.frame = frame }
    if problem.part.isEmpty {
      problem.part = part
      if problem.byteOffset == nil { problem.byteOffset = offset }
    }
    return problem
  }
}
