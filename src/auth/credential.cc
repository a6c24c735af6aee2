#include "auth/credential.h"
