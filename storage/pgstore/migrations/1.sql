-- Keys, names of buckets and queues are bytes: text would refuse what is not
-- UTF-8, and sort by the database's language.
create table record (
	bucket bytea not null,
	key    bytea not null,
	value  bytea not null,
	primary key (bucket, key)
);

-- A job, or the marker it leaves when it is over. Times are nanoseconds since
-- 1970, as in package boltstore, so that none is rounded on its way.
create table job (
	seq     bigint generated always as identity primary key, -- the order of a lane
	queue   bytea    not null,
	id      bytea    not null,
	lane    bytea    not null,            -- '': none
	state   smallint not null default 0,  -- 0 waits or runs, 1 over, 2 dead letter
	head    boolean  not null,            -- waits for nothing but its time
	due     bigint   not null,
	attempt integer  not null default 0,  -- runs begun that count
	run     bigint   not null default 0,  -- the last run: fences off those before it
	lease   bigint   not null default 0,  -- until when that run has it
	ended   bigint   not null default 0,  -- when it was over
	cause   text     not null default '', -- fingerprint of what made a dead letter
	body    bytea    not null,
	unique (queue, id)
);
create index job_due on job (queue, due, seq) where head;
create index job_lane on job (queue, lane, seq) where state = 0 and lane <> '';
create index job_ended on job (ended, seq) where state <> 0;
create index job_dead on job (ended, seq) where state = 2;

-- How many jobs of a lane wait or run. Whoever adds one or ends one writes this
-- row, and so gets in the way of whoever does either at the same moment.
create table lane (
	queue bytea   not null,
	lane  bytea   not null,
	jobs  integer not null,
	primary key (queue, lane)
) with (fillfactor = 50);

-- One place of 64 bytes for each person's share, see package sealed.
create table share (
	slot bigint primary key,
	text bytea not null
);

-- What is sealed does not compress: trying costs time only. Rows that are updated
-- often find room on their own page.
alter table record alter value set storage external;
alter table job alter body set storage external;
alter table record set (fillfactor = 80);
alter table job set (fillfactor = 80);

-- The time by which jobs are due is the database's, the one clock that several
-- processes share.
create function clock_ns() returns bigint language sql volatile parallel safe as
	$$ select (extract(epoch from clock_timestamp()) * 1000000)::bigint * 1000 $$;
