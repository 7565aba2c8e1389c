import Problems

/// Why a template cannot be used.
public typealias TemplateError = Problem
