#include "registry/challenge.h"
