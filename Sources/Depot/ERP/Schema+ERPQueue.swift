extension Schema {
    /// What waits for what in the ERP's queue, what each job does to a place there, what the ERP had when a count began, and what a
    /// count says of each lot.
    static let erpQueue = """
        -- The job it waits for; in which order jobs ended; when a person said that an old count is to be sent all the same.
        ALTER TABLE erp_job ADD COLUMN after INTEGER;
        ALTER TABLE erp_job ADD COLUMN ended INTEGER;
        ALTER TABLE erp_job ADD COLUMN asked INTEGER;
        UPDATE erp_job SET ended=id WHERE state IN ('done', 'dropped');
        DROP INDEX erp_job_due;
        CREATE INDEX erp_job_next ON erp_job (due, id) WHERE state='waiting' AND after IS NULL;
        CREATE INDEX erp_job_subject ON erp_job (kind, subject);
        CREATE INDEX erp_job_after ON erp_job (after) WHERE after IS NOT NULL;
        CREATE INDEX erp_job_ended ON erp_job (ended);
        CREATE INDEX erp_job_count ON erp_job (created) WHERE state='waiting' AND kind='take';
        CREATE INDEX erp_job_begun ON erp_job (id) WHERE state='waiting' AND attempts>0;
        -- All jobs that one waits for, ended ones too, until it ends itself.
        CREATE TABLE erp_wait (job INTEGER NOT NULL, blocker INTEGER NOT NULL, PRIMARY KEY (job, blocker)) WITHOUT ROWID;
        -- Until now a count waited for every reception before it.
        INSERT INTO erp_wait SELECT job.id, blocker.id FROM erp_job AS job, erp_job AS blocker
            WHERE job.kind='take' AND job.state='waiting' AND blocker.kind='reception' AND blocker.id<job.id
                AND blocker.state IN ('waiting', 'running', 'dead');
        UPDATE erp_job SET after=(SELECT min(blocker) FROM erp_wait WHERE job=erp_job.id)
            WHERE kind='take' AND state='waiting';
        -- What a job brings to a place of the ERP (takes: negative), in thousandths; a lot of '' is none.
        CREATE TABLE erp_touch (
            gtin TEXT NOT NULL, place TEXT NOT NULL, lot TEXT NOT NULL, job INTEGER NOT NULL, quantity INTEGER NOT NULL,
            PRIMARY KEY (gtin, place, lot, job)) WITHOUT ROWID;
        CREATE INDEX erp_touch_job ON erp_touch (job);
        -- Where a piece went last, when its delivery closes.
        CREATE INDEX movement_subject ON movement (subject, id) WHERE subject IS NOT NULL;
        -- Where a closed delivery was received: the ERP has its goods there.
        ALTER TABLE delivery ADD COLUMN received_in TEXT;
        -- When the ERP was asked what it has, and which jobs had ended when the count began and then.
        ALTER TABLE stock_take ADD COLUMN opened_ended INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE stock_take ADD COLUMN begin_ended INTEGER;
        ALTER TABLE stock_take ADD COLUMN begin_at INTEGER;
        -- What the ERP had then. Without a GTIN it is known by the ERP's product.
        CREATE TABLE take_begin (
            take INTEGER NOT NULL, gtin TEXT NOT NULL, lot TEXT NOT NULL, product TEXT NOT NULL,
            description TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (take, gtin, lot)) WITHOUT ROWID;
        -- What a posted count says of each article, or lot of it. `elsewhere`: what others book by themselves.
        CREATE TABLE take_lot (
            take INTEGER NOT NULL, gtin TEXT NOT NULL, lot TEXT NOT NULL, expected INTEGER NOT NULL, counted INTEGER NOT NULL,
            moved INTEGER NOT NULL, elsewhere INTEGER NOT NULL, PRIMARY KEY (take, gtin, lot)) WITHOUT ROWID;
        """
}
