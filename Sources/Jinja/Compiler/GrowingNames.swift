/// The names of a template that may hold a list of the caller which grows from render to render, or the end of it: the name that
/// the caller gives, and those that are set to it.
///
/// A render of the first items of the list may then go on where a render of all items stands: see `Forks`.
struct GrowingNames {
  /// Rounds in which names are found that are set to one another.
  private static let maximumRounds = 16

  let flag: [UInt8]
  private(set) var lists: Set<[UInt8]>
  /// Whether all that gives the names values is known: the flag has them from the caller and from `set` alone.
  private(set) var isPlain = true

  init(_ given: Template.Growing, in statements: [Statement]) {
    flag = Array(given.flag.utf8)
    lists = [Array(given.list.utf8)]
    var count = 0
    var rounds = 0
    while count < lists.count {
      count = lists.count
      rounds += 1
      guard rounds <= Self.maximumRounds else {
        isPlain = false
        return
      }
      visit(statements)
    }
  }

  func isList(_ expression: Expression) -> Bool {
    switch expression.kind {
    case .name(let name): lists.contains(name)
    case .item(let base, let index):
      if case .slice(_, nil, nil) = index.kind { isList(base) } else { false }
    case .condition(_, let then, let otherwise):
      isList(then) || otherwise.map(isList) ?? false
    default: false
    }
  }

  private mutating func assign(_ target: Expression, _ value: Expression?) {
    switch target.kind {
    case .name(let name):
      if let value {
        if isList(value) { lists.insert(name) }
      } else if name == flag {
        isPlain = false
      }
    case .tuple(let targets): for target in targets { assign(target, nil) }
    default: break
    }
  }

  private mutating func visit(_ statements: [Statement]) {
    for statement in statements {
      switch statement.kind {
      case .assign(let target, let value): assign(target, value)
      case .assignBlock(let target, _, let body):
        assign(target, nil)
        visit(body)
      case .loop(let loop):
        assign(loop.target, nil)
        visit(loop.body)
        visit(loop.otherwise)
      case .branch(_, let then, let elseIfs, let otherwise):
        visit(then)
        for (_, body) in elseIfs { visit(body) }
        visit(otherwise)
      case .macro(_, _, let body), .callBlock(_, _, let body), .filterBlock(_, let body),
        .generation(let body):
        visit(body)
      case .with(let targets, let body):
        for (target, _) in targets { assign(target, nil) }
        visit(body)
      case .block(let block): visit(block.body)
      case .text, .output, .leave, .next: break
      }
    }
  }
}

extension [Statement] {
  /// Whether they may print.
  var print: Bool {
    contains { statement in
      switch statement.kind {
      case .output, .callBlock, .block: true
      case .text(let text): text.contains { $0 > 0x20 }
      case .loop(let loop): loop.body.print || loop.otherwise.print
      case .branch(_, let then, let elseIfs, let otherwise):
        then.print || otherwise.print || elseIfs.contains { $0.1.print }
      case .filterBlock(_, let body), .with(_, let body), .generation(let body): body.print
      case .assign, .assignBlock, .macro, .leave, .next: false
      }
    }
  }
}
