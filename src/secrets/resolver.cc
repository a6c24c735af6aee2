#include "secrets/resolver.h"
