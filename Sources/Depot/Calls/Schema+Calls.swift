extension Schema {
    /// Ids of calls begin with the agent that told of them. In two rounds, because a new id may be the old one of a row whose
    /// turn comes later. A push that the ERP may have seen keeps its key: it is what the ERP knows it by.
    static let filedCalls = """
        UPDATE missed SET call=char(1) || (SELECT call.agent || '/' || call.id FROM call WHERE call.id=missed.call)
            WHERE call IN (SELECT id FROM call);
        UPDATE call_desk SET call=char(1) || (SELECT call.agent || '/' || call.id FROM call WHERE call.id=call_desk.call)
            WHERE call IN (SELECT id FROM call);
        UPDATE call_note SET call=char(1) || (SELECT call.agent || '/' || call.id FROM call WHERE call.id=call_note.call)
            WHERE call IN (SELECT id FROM call);
        -- Of a call that still rings there may be no row yet: where there is one agent, it is that one's.
        UPDATE call_note SET call=char(1) || (SELECT name FROM agent) || '/' || call
            WHERE substr(call, 1, 1)<>char(1) AND (SELECT count(*) FROM agent)=1;
        UPDATE erp_job SET key=char(1) || 'quai/call/' || (SELECT call.agent || '/' || call.id FROM call WHERE call.id=subject)
            WHERE kind='call' AND (state IN ('done', 'dropped') OR attempts=0) AND subject IN (SELECT id FROM call);
        UPDATE erp_job SET subject=(SELECT call.agent || '/' || call.id FROM call WHERE call.id=subject)
            WHERE kind='call' AND subject IN (SELECT id FROM call);
        UPDATE call SET snapshot=json_replace(snapshot, '$.call', agent || '/' || id, '$.mergedInto',
            agent || '/' || json_extract(snapshot, '$.mergedInto')) WHERE json_valid(snapshot);
        UPDATE call SET id=char(1) || agent || '/' || id;
        UPDATE missed SET call=substr(call, 2) WHERE substr(call, 1, 1)=char(1);
        UPDATE call_desk SET call=substr(call, 2) WHERE substr(call, 1, 1)=char(1);
        UPDATE call_note SET call=substr(call, 2) WHERE substr(call, 1, 1)=char(1);
        UPDATE erp_job SET key=substr(key, 2) WHERE substr(key, 1, 1)=char(1);
        UPDATE call SET id=substr(id, 2);
        UPDATE command SET call=agent || '/' || call WHERE call IS NOT NULL;
        """
}
