import Model

typealias AgentFinding = Finding<AgentFindingKind>
typealias AgentDiagnosis = Diagnosis<AgentFindingKind>
