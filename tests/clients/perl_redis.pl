#!/usr/bin/perl
# Perl's Redis with its defaults: perl_redis.pl HOST PORT VARIANT. Speaks RESP 2 only.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use Redis;
use Time::HiRes;

my ($host, $port, $variant) = @ARGV;
my $limit = 3;         # seconds; the longest blocking step waits one second
my $patience = 3;      # steps without a reply, one after the other, before the client gives up
my $silent = 0;
my $json = JSON::PP->new->latin1->canonical->allow_nonref;
my ($client, $other);
$| = 1;

sub connected {
    my @options = (server => "$host:$port");
    push @options, username => $ENV{MATRIX_USER}, password => $ENV{MATRIX_PASSWORD} if $variant eq 'auth';
    push @options, ssl => 1 if $variant eq 'tls';
    if ($variant eq 'tls') {
        require IO::Socket::SSL;
        IO::Socket::SSL::set_defaults(SSL_ca_file => $ENV{MATRIX_CA});
    }
    return Redis->new(@options);
}

# Runs the action and prints what it returns or dies of. A list is shown as an array.
sub step {
    my ($name, $action) = @_;
    my $begun = Time::HiRes::time();
    my $reply = eval {
        local $SIG{ALRM} = sub { die "no reply within $limit s\n" };
        alarm $limit;
        my $value = $action->();
        alarm 0;
        { value => $value };
    };
    my $error = $@;
    alarm 0;
    if ($reply) {
        print $json->encode({step => $name, reply => $reply->{value}}), "\n";
        $silent = 0;
        return;
    }
    $error =~ s/ at \S+ line \d+\.?.*//s;
    $error =~ s/$host:$port/HOST:PORT/g;
    print $json->encode({step => $name, error => $error}), "\n";
    $silent = Time::HiRes::time() - $begun > 2 ? $silent + 1 : 0;      # a lost connection answers at once
    exit 1 if $silent >= $patience || $name eq 'connect';
    # A connection that was lost is replaced, as an application would.
    eval { $client = connected(); $other = connected(); } if $error =~ /Not connected|no reply|while reading|Connection|closed/;
}

# Runs the action in a process of its own in 100 ms, when this one is blocked.
sub later {
    my ($action) = @_;
    my $process = fork;
    return $process if $process;
    select undef, undef, undef, 0.1;
    eval { $action->(connected()) };      # the step that waits for it tells
    kill 'KILL', $$;                      # without closing the parent's connections
}

sub pipeline {
    step('pipeline', sub {
        my @replies;
        my $note = sub { push @replies, [@_] };
        $client->set('p', 1, $note);
        $client->incr('p', $note);
        $client->hget('p', 'f', $note);
        $client->get('p', $note);
        $client->wait_all_responses;
        return \@replies;
    });
    step('pipeline of 500', sub {
        my @replies;
        $client->incrby('p', $_, sub { push @replies, $_[0] }) for 1 .. 500;
        $client->wait_all_responses;
        return [scalar @replies, $replies[-1]];
    });
}

sub transaction {
    step('transaction', sub {
        $client->multi;
        my @queued = ($client->set('tx', 1), $client->incr('tx'), $client->get('tx'), $client->hget('h:one', 'f'));
        return [@queued, $client->exec];
    });
    step('transaction with an error', sub {
        my $spoilt = connected();      # the library dies in the middle of EXEC's reply and leaves the rest unread
        $spoilt->multi;
        my @queued = ($spoilt->set('tx', 1), $spoilt->lpush('tx', 'x'), $spoilt->get('tx'));
        return [@queued, $spoilt->exec];
    });
    step('get after an error', sub { scalar $client->get('tx') });
    step('discard', sub {
        $client->multi;
        return [$client->set('tx', 'lost'), $client->discard, $client->get('tx')];
    });
    step('watch changed', sub {
        my @replies = ($client->watch('tx'), $other->set('tx', 'changed'), $client->multi, $client->set('tx', 'lost'));
        return [@replies, scalar $client->exec];
    });
    step('get after watch', sub { scalar $client->get('tx') });
    step('unwatch', sub { [$client->watch('tx'), $client->unwatch] });
}

sub publish_and_subscribe {
    my @messages;
    my $note = sub { my ($message, $topic, $subscribed) = @_; push @messages, [$message, $topic, $subscribed] };
    my $subscriber = eval { connected() };
    step('subscribe', sub { [$subscriber->subscribe('news', 'other', $note)] });
    step('psubscribe', sub { [$subscriber->psubscribe('new*', $note)] });
    step('pubsub numsub', sub { [$client->pubsub('numsub', 'news')] });
    step('publish', sub { scalar $client->publish('news', 'hello') });
    step('messages', sub {
        $subscriber->wait_for_messages(0.5);
        return [sort { $a->[2] cmp $b->[2] } @messages];
    });
    step('unsubscribe', sub { [$subscriber->unsubscribe('news', 'other', $note)] });
    step('punsubscribe', sub { [$subscriber->punsubscribe('new*', $note)] });
    step('get after unsubscribe', sub { scalar $subscriber->get('tx') });
}

sub blocking {
    step('rpush', sub { scalar $client->rpush('b', 'one', 'two') });
    step('blpop at once', sub { [$client->blpop('none', 'b', 1)] });
    step('brpoplpush', sub { scalar $client->brpoplpush('b', 'b2', 1) });
    step('blpop woken', sub {
        my $pusher = later(sub { $_[0]->rpush('b', 'late') });
        my @popped = $client->blpop('b', 2);
        waitpid $pusher, 0;
        return \@popped;
    });
    step('bzpopmin timeout', sub { [$client->bzpopmin('none', 1)] });
}

sub scripts {
    my $text = q{return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}};
    step('eval', sub { [$client->eval($text, 1, 'e', 'a')] });
    step('script load', sub { scalar $client->script_load($text) });
    step('evalsha', sub { [$client->evalsha(scalar $client->script_load($text), 1, 'e', 'b')] });
    step('evalsha unknown', sub { scalar $client->evalsha('0' x 40, 0) });
    step('script exists', sub { [$client->script_exists('nosuch')] });
    step('eval error', sub { scalar $client->eval(q{return redis.error_reply('ERR mine')}, 0) });
    step('eval false', sub { scalar $client->eval('return false', 0) });
}

step('connect', sub { $client = connected(); $other = connected(); scalar $client->ping });
open my $file, '<:raw', "$FindBin::Bin/steps.json" or die "steps.json: $!";
my $steps = JSON::PP->new->utf8->decode(do { local $/; <$file> });
for my $each (@$steps) {
    my ($command, @arguments) = map { my $bytes = $_; utf8::encode($bytes); $bytes } @{$each->{command}};
    # `info` is the one method that the library converts; __std_cmd is what all the others are.
    step($each->{name}, sub { my $reply = $client->__std_cmd(lc $command, @arguments); $reply });
}
pipeline();
transaction();
publish_and_subscribe();
blocking();
scripts();
step('typed info', sub { $client->info('replication')->{role} });
step('typed keys', sub { [sort $client->keys('b*')] });
step('typed select', sub { [$client->select(1), $client->dbsize, $client->select(0)] });
step('quit', sub { [$client->quit] });
