namespace VServerPanel.Core.Auditing;

/// <summary>What makes the table append-only for everyone who opens the database, not only for this program.</summary>
internal static class AppendOnlyTriggers
{
    /// <summary>Run by the first migration. INSERT OR REPLACE removes a row without a word to delete triggers (sqlite.org/lang_conflict.html),
    /// so the insert trigger looks for what it would replace, and lets nothing in but the next link of the chain.</summary>
    public const string Create = """
        CREATE TABLE audit_head ("Id" INTEGER PRIMARY KEY CHECK ("Id" = 1), "Sequence" INTEGER NOT NULL, "Hash" TEXT NOT NULL) STRICT;
        INSERT INTO audit_head VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

        CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;

        CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'audit entries are never removed'); END;

        CREATE TRIGGER audit_entries_only_append BEFORE INSERT ON audit_entries
        BEGIN
            SELECT RAISE(ABORT, 'an audit entry follows the last one') FROM audit_head
            WHERE NEW."Sequence" <> audit_head."Sequence" + 1 OR NEW."PreviousHash" <> audit_head."Hash";
            SELECT RAISE(ABORT, 'this phase of the operation is told already') FROM audit_entries
            WHERE "OperationId" = NEW."OperationId" AND "Phase" = NEW."Phase" AND "Host" = NEW."Host";
        END;

        CREATE TRIGGER audit_entries_head AFTER INSERT ON audit_entries
        BEGIN UPDATE audit_head SET "Sequence" = NEW."Sequence", "Hash" = NEW."Hash"; END;

        CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head
        BEGIN
            SELECT RAISE(ABORT, 'the head of the audit history goes forward only')
            WHERE NEW."Sequence" <> OLD."Sequence" + 1 OR NEW."Hash" IS NOT (SELECT "Hash" FROM audit_entries WHERE "Sequence" = NEW."Sequence");
        END;

        CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
        BEGIN SELECT RAISE(ABORT, 'the head of the audit history is never removed'); END;
        """;

    /// <summary>The names of the triggers, for the check at start that they are there.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["audit_entries_head", "audit_entries_no_delete", "audit_entries_no_update", "audit_entries_only_append", "audit_head_forward", "audit_head_no_delete"];
}
