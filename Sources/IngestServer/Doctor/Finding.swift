import Model

typealias Finding = Model.Finding<FindingKind>
typealias Diagnosis = Model.Diagnosis<FindingKind>
