/* Deploying, leases, switching and dropping: two clients that run one plan on one worker, whose
   machine may be away. The plan's last stage is on a peer, to which the worker forwards over a link
   that may be cut. Two other plans need no link: by the worker and the peer, both called by the
   client, and without either. Each atomic block is what a lock makes
   one step in the code: Leases, Models::serve(), Models::drop(), receive_deployment(), Failover.

   spin -run leases.pml checks that
     - no request is answered by a segment of a lease that has ended,
     - a segment whose deployment was confirmed is dropped only after its lease has ended,
     - a served segment always has its file, whatever the other client does,
     - a cut link costs no client the worker: its requests go on by the plan that calls both,
     - every request is answered once, and in the end nothing is left on the worker. */

#define CLIENTS 2
#define REQUESTS 2
#define NOTHING 0
#define WORKER 1
#define LINK 2

bool held[CLIENTS];      /* the worker holds the lease */
bool ending[CLIENTS];    /* what belonged to it is being dropped */
bool served[CLIENTS];    /* the client's segment is served */
bool confirmed[CLIENTS]; /* the client was told that it is, and the lease has not ended since */
bool file;               /* of the segment, which both clients' are */
bool is_up = true;       /* the worker's machine answers */
bool is_linked = true;   /* the worker reaches its peer */
byte answers[CLIENTS];
byte ended;

inline drop(c) {
  atomic {
    assert(!confirmed[c]);
    served[c] = false;
    file = served[0] || served[1]
  }
}

/* Any lease, at any time: a client may be stopped for long. */
active [CLIENTS] proctype Expiry() {
  byte c = _pid % CLIENTS;
  bool was_served;
end:
  do
  :: atomic { held[c] && !ending[c] -> held[c] = false; ending[c] = true; confirmed[c] = false };
     was_served = served[c];
     if
     :: was_served -> drop(c)
     :: else
     fi;
     atomic { ending[c] = false; was_served = false }
  od
}

#ifdef RENEWS_WHILE_ENDING /* then a confirmed segment is dropped, which spin finds */
#define RENEWABLE(c) true
#else
#define RENEWABLE(c) !ending[c]
#endif

inline renew(c) {
  atomic {
    if
    :: RENEWABLE(c) -> held[c] = true
    :: else /* refused: the client renews again later */
    fi
  }
}

inline deploy(c) {
  if
  :: !held[c] /* refused */
  :: else ->
     file = true; /* sent, unless the worker has it */
     atomic {
       if
       :: file -> served[c] = true
       :: else /* the other's drop took it away: the deployment fails */
       fi
     }
     atomic {
       if
       :: served[c] && held[c] -> confirmed[c] = true
       :: else
       fi
     }
     if
     :: confirmed[c] || held[c]
     :: else -> drop(c)
     fi
  fi
}

#ifdef BLAMES_THE_WORKER /* then a cut link takes away the plan that does not need it */
#define NEEDS_LOST(loss) (loss != NOTHING)
#else
#define NEEDS_LOST(loss) (loss == WORKER)
#endif

inline answer(c) {
  assert(held[c] || ending[c]);
  assert(file)
}

/* PlanChoice: a request that finds a loss is cancelled, and sent again by the first plan that does
   not need what is lost. */
inline request(c) {
  atomic {
    if
    :: !is_up || !served[c] -> loss = WORKER /* away, silent, or not deployed */
    :: is_up && served[c] && !is_linked -> loss = LINK /* says the worker */
    :: is_up && served[c] && is_linked -> answer(c)
    fi
  }
  atomic {
    if
    :: loss == NOTHING
    :: loss != NOTHING && !NEEDS_LOST(loss) && is_up && served[c] -> answer(c)
    :: loss != NOTHING && (NEEDS_LOST(loss) || !is_up || !served[c]) ->
       assert(loss == WORKER || !is_up || !served[c]) /* else the worker would have done */
    fi;
    loss = NOTHING;
    answers[c]++
  }
}

active [CLIENTS] proctype Client() {
  byte c = _pid % CLIENTS;
  byte sent;
  byte loss = NOTHING; /* that the request has found */
  do
  :: sent < REQUESTS ->
     renew(c);
     if
     :: !confirmed[c] -> deploy(c)
     :: true
     fi;
     request(c);
     sent++
  :: sent == REQUESTS -> break
  :: break /* killed */
  od;
  assert(answers[c] == sent);
  ended++
}

/* A thread of its own: it may come late, when the lease has ended. */
active [CLIENTS] proctype Renewal() {
  byte c = _pid % CLIENTS;
  renew(c)
}

active proctype Machine() {
  is_up = false;
  is_up = true
}

active proctype Cable() {
  is_linked = false
}

active proctype Quiet() {
  timeout ->
  assert(ended == CLIENTS);
  assert(!served[0] && !served[1] && !file)
}
